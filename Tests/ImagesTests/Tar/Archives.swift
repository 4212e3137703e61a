import Glibc
import Images
import Linux
import Model
import Testbed

/// An entry with its body.
struct ReadEntry: Equatable {
    let entry: TarEntry
    let body: [UInt8]
}

/// Reads an archive to its end, bodies in pieces of an odd size, and no more than `limit` bytes or a little of each.
func readArchive(
    _ descriptor: consuming Descriptor, accounts: Accounts = Accounts(), limit: Int = .max
) throws -> [ReadEntry] {
    let reader = try TarReader(reading: descriptor, name: "test.tar", accounts: accounts)
    var result: [ReadEntry] = []
    var buffer = [UInt8](repeating: 0xaa, count: 7001)
    while let entry = try reader.next() {
        var body: [UInt8] = []
        while body.count < limit {
            let count = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
            if count == 0 { break }
            body += buffer[..<count]
        }
        result.append(ReadEntry(entry: entry, body: body))
    }
    return result
}

func readArchive(path: String, accounts: Accounts = Accounts()) throws -> [ReadEntry] {
    try readArchive(try Files.open(KernelPath(path), flags: O_RDONLY), accounts: accounts)
}

/// Through an unnamed file, so that thousands of small archives cost little.
func readArchive(bytes: [UInt8], limit: Int = .max) throws -> [ReadEntry] {
    let file = try Files.open("/tmp", flags: 0o20_200_000 | O_RDWR, mode: 0o600)
    try file.write(bytes)
    lseek(file.raw, 0, SEEK_SET)
    return try readArchive(file, limit: limit)
}

/// One header of 512 bytes, made field by field.
struct HeaderBuilder {
    var name: [UInt8] = []
    var type = UInt8(ascii: "0")
    var mode = "0000644"
    var uid = "0000000"
    var gid = "0000000"
    var size = "00000000000"
    var modified = "00000000000"
    var link: [UInt8] = []
    var magic = "ustar\u{0}00"
    var deviceMajor = ""
    var deviceMinor = ""

    init(_ name: String, type: Unicode.Scalar = "0", size: Int = 0, link: String = "") {
        self.name = Array(name.utf8)
        self.type = UInt8(ascii: type)
        self.link = Array(link.utf8)
        let octal = String(size, radix: 8)
        self.size = String(repeating: "0", count: 11 - octal.count) + octal
    }

    var bytes: [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: some Collection<UInt8>, _ offset: Int) {
            block.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
        }
        put(name, 0)
        put(mode.utf8, 100)
        put(uid.utf8, 108)
        put(gid.utf8, 116)
        put(size.utf8, 124)
        put(modified.utf8, 136)
        block[156] = type
        put(link, 157)
        put(magic.utf8, 257)
        put(deviceMajor.utf8, 329)
        put(deviceMinor.utf8, 337)
        return Self.signed(block)
    }

    /// With the right checksum.
    static func signed(_ block: [UInt8]) -> [UInt8] {
        var block = block
        for index in 148..<156 { block[index] = 0x20 }
        let digits = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        block.replaceSubrange(
            148..<156, with: Array((String(repeating: "0", count: 6 - digits.count) + digits).utf8) + [0, 0x20])
        return block
    }
}

/// A body with its padding.
func padded(_ body: [UInt8]) -> [UInt8] { body + [UInt8](repeating: 0, count: -body.count & 511) }

/// A special header with its body.
func special(_ type: Unicode.Scalar, _ body: [UInt8]) -> [UInt8] {
    HeaderBuilder("special", type: type, size: body.count).bytes + padded(body)
}

func pax(_ records: [(String, [UInt8])], type: Unicode.Scalar = "x") -> [UInt8] {
    special(type, records.flatMap { paxRecord($0, $1) })
}

func pax(_ key: String, _ value: String) -> [UInt8] { pax([(key, Array(value.utf8))]) }

func paxRecord(_ key: String, _ value: [UInt8]) -> [UInt8] {
    let rest = [UInt8(ascii: " ")] + Array(key.utf8) + [UInt8(ascii: "=")] + value + [UInt8(ascii: "\n")]
    var count = rest.count + 1
    while String(count).utf8.count + rest.count != count { count += 1 }
    return Array(String(count).utf8) + rest
}

let endMark = [UInt8](repeating: 0, count: 1024)

func hasTool(_ name: String) -> Bool { (try? run([name, "--help"])) != nil }
