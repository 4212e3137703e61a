@testable import Engine
import Glibc
import Linux
import Testbed
import Testing

@Suite("Who may read a repository")
struct PrivacyTests {
    @Test("nobody but the owner comes to what is stored, whoever made the root", arguments: [false, true])
    func modes(_ isThere: Bool) throws {
        let directory = try TemporaryDirectory("privacy")
        let root = directory.file("above/repo")
        if isThere { try Files.makeDirectories(root) }
        _ = try Repository(at: root)
        func mode(_ name: String) throws -> UInt16 { try Files.status(KernelPath("\(root)/\(name)")).permissions }
        #expect(try mode(".") == (isThere ? 0o755 : 0o700))
        for name in ["git", "pool", "containers", "names", "images", "checkouts"] {
            #expect(try mode(name) == 0o700, "\(name)")
        }
        for name in ["lock", "create.lock"] { #expect(try mode(name) == 0o600, "\(name)") }
        #expect(try Files.status(KernelPath(directory.file("above"))).permissions == 0o755)
    }
}
