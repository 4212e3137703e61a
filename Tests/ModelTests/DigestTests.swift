import Model
import Testing

@Suite struct DigestTests {
    static let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    @Test func readsWhatItWrites() throws {
        let digest = try Digest(parsing: Self.empty)
        #expect(digest.description == Self.empty)
        #expect(digest.algorithm == .sha256)
        #expect(digest.short == "e3b0c44298fc")
        let bytes = [UInt8](hex: digest.hex)
        #expect(try Digest(.sha256, #require(bytes)) == digest)
        let long = "sha512:" + String(repeating: "0f", count: 64)
        #expect(try Digest(parsing: long).description == long)
    }

    @Test(arguments: [
        "", "sha256", "sha256:", ":\(empty.dropFirst(7))", empty.uppercased(), "SHA256:\(empty.dropFirst(7))",
        "sha256:\(empty.dropFirst(8))", "\(empty)0", "md5:d41d8cd98f00b204e9800998ecf8427e",
        "sha512:\(empty.dropFirst(7))",
        "sha256:../../\(empty.dropFirst(13))", " \(empty)", "\(empty)\n",
    ])
    func refuses(_ text: String) {
        #expect(throws: Digest.Invalid.self) { try Digest(parsing: text) }
    }
}
