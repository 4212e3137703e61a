import Model

/// The fields of a ustar header (POSIX pax, "ustar Interchange Format").
struct UstarFields {
    let type: Unicode.Scalar
    var name: [UInt8] = []
    var prefix: [UInt8] = []
    var link: [UInt8] = []
    var mode: UInt64 = 0
    // 7 digits, 11 for sizes and times.
    var uid: UInt64 = 0
    var gid: UInt64 = 0
    var size: UInt64 = 0
    var modified: UInt64 = 0
    var deviceMajor: UInt64 = 0
    var deviceMinor: UInt64 = 0

    init(type: Unicode.Scalar) { self.type = type }

    /// Sets a number where it fits. Gives whether it does; else the field stays 0.
    mutating func set(_ field: WritableKeyPath<UstarFields, UInt64>, _ value: UInt64) -> Bool {
        let digits: UInt64 = field == \.size || field == \.modified ? 11 : 7
        guard value < 1 << (3 * digits) else { return false }
        self[keyPath: field] = value
        return true
    }

    /// Sets the name, divided at a slash where it is long. Gives whether it fits; else something like it is set.
    mutating func setName(_ name: [UInt8]) -> Bool {
        self.name = Self.cut(name)
        guard Self.isPlain(name) else { return false }
        if name.count <= 100 { return true }
        // As much as can be stands in the prefix; a name has one byte at least.
        let slashes = name.indices.filter { name[$0] == 0x2f && $0 <= 155 && $0 > 0 && $0 < name.count - 1 }
        guard let slash = slashes.last, name.count - slash - 1 <= 100 else { return false }
        prefix = Array(name[..<slash])
        self.name = Array(name[(slash + 1)...])
        return true
    }

    mutating func setLink(_ link: [UInt8]) -> Bool {
        self.link = Self.cut(link)
        return link.count <= 100 && Self.isPlain(link)
    }

    /// A name for a header that only readers without extended headers take for a file's.
    static func stand(in directory: String, for path: BytePath) -> [UInt8] {
        cut(Array("\(directory)/".utf8) + (path.last?.bytes ?? []))
    }

    private static func isPlain(_ text: [UInt8]) -> Bool { text.allSatisfy { (0x20..<0x7f).contains($0) } }

    private static func cut(_ text: [UInt8]) -> [UInt8] {
        var cut = text.prefix(100).map { (0x20..<0x7f).contains($0) ? $0 : UInt8(ascii: "_") }
        // It would look like a directory's.
        if text.count > 100 { while cut.last == 0x2f { cut.removeLast() } }
        return cut
    }

    var block: [UInt8] {
        var block = [UInt8](repeating: 0, count: TarHeader.byteCount)
        func put(_ bytes: some Collection<UInt8>, at offset: Int) {
            block.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
        }
        func put(_ number: UInt64, digits: Int, at offset: Int) {
            let text = String(number, radix: 8)
            put((String(repeating: "0", count: digits - text.utf8.count) + text).utf8, at: offset)
        }
        put(name, at: 0)
        put(mode, digits: 7, at: 100)
        put(uid, digits: 7, at: 108)
        put(gid, digits: 7, at: 116)
        put(size, digits: 11, at: 124)
        put(modified, digits: 11, at: 136)
        // The checksum's own field counts as blanks.
        put([UInt8](repeating: 0x20, count: 8), at: 148)
        put([UInt8(ascii: type)], at: 156)
        put(link, at: 157)
        put("ustar\u{0}00".utf8, at: 257)
        put(deviceMajor, digits: 7, at: 329)
        put(deviceMinor, digits: 7, at: 337)
        put(prefix, at: 345)
        put(block.reduce(0) { $0 + UInt64($1) }, digits: 6, at: 148)
        block[154] = 0
        return block
    }
}
