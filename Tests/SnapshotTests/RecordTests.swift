import Model
import Testbed
import Testing

@testable import Snapshot

@Suite("Records")
struct RecordTests {
    @Test("come back from their bytes as they were", arguments: 0..<200)
    func roundTrip(seed: Int) throws {
        var generator = SplitMix(seed: UInt64(seed))
        let record = randomRecord(&generator)
        let bytes = record.encoded()
        #expect(try Record(decoding: bytes) == record)
        #expect(bytes.allSatisfy { $0 == 0x0a || (0x20...0x7e).contains($0) })
    }

    @Test("have one form: every other byte is refused or means something else", arguments: 0..<6)
    func strictness(seed: Int) throws {
        var generator = SplitMix(seed: UInt64(seed))
        var bytes: [UInt8]
        // Every mutation decodes the whole: small ones show the same.
        repeat { bytes = randomRecord(&generator, entries: 2).encoded() } while bytes.count > 400
        for position in bytes.indices {
            for replacement in likelyBytes.shuffled(using: &generator).prefix(8) {
                var mutated = bytes
                mutated[position] = replacement
                try check(mutated)
            }
            var shorter = bytes
            shorter.remove(at: position)
            try check(shorter)
            var longer = bytes
            longer.insert(likelyBytes[position % likelyBytes.count], at: position)
            try check(longer)
        }
    }

    private let likelyBytes = Array(" \n0129-+.,:=\\xfdg\0\u{7f}".utf8)

    private func check(_ bytes: [UInt8]) throws {
        let decoded: Record
        do throws(Record.Malformed) { decoded = try Record(decoding: bytes) } catch { return }
        #expect(decoded.encoded() == bytes)
    }

    @Test(
        "in another form are refused",
        arguments: [
            "", "\n", ".", ". d 0755 0 0 0 0", "a f 0644 0 0 0 0\n", ". f 0644 0 0 0 0\n", ". d 755 0 0 0 0\n",
            ". d 0755 0 0 0 1\n", ". d 0755 00 0 0 0\n", ". d 0755 +1 0 0 0\n", ". d 0755 -1 0 0 0\n",
            ". d 0755 4294967296 0 0 0\n", ". d 0755 0 0 -0 0\n", ". d 0755 0 0 0.5 0\n",
            ". d 0755 0 0 0.000000000 0\n", ". d 0755 0 0 9223372036854775808 0\n", ". d 0755 0 0 0 0 \n",
            ". d 0755 0 0 0 0\n\n", ". d 0755 0 0 0 0 color=red\n", ". d 0755 0 0 0 0 device=1:1\n",
            ". d 0755 0 0 0 0\nb f 0644 0 0 0 0\na f 0644 0 0 0 0\n",
            ". d 0755 0 0 0 0\na f 0644 0 0 0 0\na f 0644 0 0 0 0\n", ". d 0755 0 0 0 0\na d 0755 0 0 0 0\n",
            ". d 0755 0 0 0 0\n. d 0755 0 0 0 0\n", ". d 0755 0 0 0 0\n.. f 0755 0 0 0 0\n",
            ". d 0755 0 0 0 0\na/b f 0755 0 0 0 0\n", ". d 0755 0 0 0 0\na f 0644 0 0 0 9223372036854775808\n",
            ". d 0755 0 0 0 0\na f 0644 0 0 0 9 holes=4+0\n", ". d 0755 0 0 0 0\na f 0644 0 0 0 9 holes=4+6\n",
            ". d 0755 0 0 0 0\na f 0644 0 0 0 9 holes=0+2,2+2\n", ". d 0755 0 0 0 0\na f 0644 0 0 0 9 holes=\n",
            ". d 0755 0 0 0 0\na l 0777 0 0 0 9 holes=0+2\n", ". d 0755 0 0 0 0\na c 0644 0 0 0 0\n",
            ". d 0755 0 0 0 0\na c 0644 0 0 0 0 device=1\n", ". d 0755 0 0 0 0\na p 0644 0 0 0 1\n",
            ". d 0755 0 0 0 0\na f 0644 0 0 0 0 link=00000000000000AA\n",
            ". d 0755 0 0 0 0\na f 0644 0 0 0 0 link=1\n", ". d 0755 0 0 0 0 link=0000000000000001\n",
            ". d 0755 0 0 0 0\na f 0644 0 0 0 0 xattr.=1\n",
            ". d 0755 0 0 0 0\na f 0644 0 0 0 0 xattr.user.b=1 xattr.user.a=1\n",
            ". d 0755 0 0 0 0\na f 0644 0 0 0 0 xattr.user.a=1 link=0000000000000001\n",
            ". d 0755 0 0 0 0\na f 0644 0 0 0 0 xattr.user.a=\\x41\n", ". d 0755\n0 0 0 0\n", "\\x2e d 0755 0 0 0 0\n",
            ". d 0755 0 0 0\u{7f} 0\n", ". d 0758 0 0 0 0\n",
        ])
    func refused(text: String) {
        #expect(throws: Record.Malformed.self) { try Record(decoding: Array(text.utf8)) }
    }
}

/// A record with everything that one can hold, in no likely combination.
func randomRecord(_ generator: inout SplitMix, entries: Int? = nil) -> Record {
    let directory = randomAttributes(.directory, &generator)
    let count = entries ?? Int.random(in: 0...12, using: &generator)
    let names = Set((0..<count).map { _ in randomName(&generator) }).sorted()
    let kinds = FileKind.allCases.filter { $0 != .directory }
    return Record(
        directory: directory,
        entries: names.map { name in
            (name, randomAttributes(kinds[Int.random(in: 0..<kinds.count, using: &generator)], &generator))
        })
}

func randomName(_ generator: inout SplitMix) -> ByteName {
    let alphabets: [[UInt8]] = [Array("ab .\\=\n%x~".utf8), Array(1...255), Array("abc".utf8)]
    let alphabet = alphabets[Int.random(in: 0..<3, using: &generator)]
    while true {
        let length = Bool.random(using: &generator) ? Int.random(in: 1...6, using: &generator) : 255
        let name = ByteName(
            (0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
        if name.isEntryName { return name }
    }
}

func randomAttributes(_ kind: FileKind, _ generator: inout SplitMix) -> Attributes {
    func number<I: FixedWidthInteger & Sendable>(_ type: I.Type, _ generator: inout SplitMix) -> I {
        let edges: [I] = [.min, 0, 1, 9, 10, .max]
        if Bool.random(using: &generator) { return edges[Int.random(in: 0..<edges.count, using: &generator)] }
        return I.random(in: .min ... .max, using: &generator)
    }
    var attributes = Attributes(kind: kind, permissions: number(UInt16.self, &generator) & 0o7777)
    attributes.uid = number(UInt32.self, &generator)
    attributes.gid = number(UInt32.self, &generator)
    let nanoseconds: [UInt32] = [0, 1, 999_999_999, 500_000_000, number(UInt32.self, &generator) % 1_000_000_000]
    attributes.modified = Timestamp(
        seconds: number(Int64.self, &generator),
        nanoseconds: nanoseconds[Int.random(in: 0..<5, using: &generator)])
    if kind == .regular || kind == .symlink { attributes.size = number(UInt64.self, &generator) >> 1 }
    if kind == .regular, Bool.random(using: &generator) {
        let ends = Set((0..<4).map { _ in UInt64.random(in: 0...attributes.size, using: &generator) }).sorted()
        for pair in stride(from: 0, to: ends.count - 1, by: 2) { attributes.holes.append(ends[pair]..<ends[pair + 1]) }
    }
    if kind == .characterDevice || kind == .blockDevice {
        attributes.device = DeviceNumber(major: number(UInt32.self, &generator), minor: number(UInt32.self, &generator))
    }
    if kind != .directory, Int.random(in: 0..<3, using: &generator) == 0 {
        attributes.linkGroup = LinkGroup(number(UInt64.self, &generator))
    }
    let names = Set((0..<Int.random(in: 0...3, using: &generator)).map { _ in randomName(&generator) })
    attributes.xattrs = names.sorted().map {
        ExtendedAttribute(
            name: $0, value: randomBytes(Int.random(in: 0...40, using: &generator), &generator))
    }
    return attributes
}
