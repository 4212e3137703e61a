import Model

/// The record of one directory: what git's tree entries cannot hold (docs/format.md, "Records").
///
/// One line for the directory itself, named `.`, then one for each entry that is not a directory, sorted by name
/// bytes; a subdirectory is described by its own record. A line is
///
///     name SP kind SP permissions SP uid SP gid SP mtime SP size *( SP key=value ) LF
///
/// Every directory has exactly one form, so equal contents give equal bytes, and the decoder takes no other form.
struct Record: Equatable {
    var directory: Attributes
    var entries: [(name: ByteName, attributes: Attributes)]

    static func == (a: Record, b: Record) -> Bool {
        a.directory == b.directory
            && a.entries.elementsEqual(b.entries) { $0.name == $1.name && $0.attributes == $1.attributes }
    }
}

extension Record {
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64 * (entries.count + 1))
        bytes.append(UInt8(ascii: "."))
        Self.append(directory, to: &bytes)
        for (name, attributes) in entries {
            bytes += Escaping.word(name.bytes)
            Self.append(attributes, to: &bytes)
        }
        return bytes
    }

    /// What follows the name in a line.
    static func append(_ a: Attributes, to bytes: inout [UInt8]) {
        bytes += [space, a.kind.letter, space]
        bytes += [9, 6, 3, 0].map { UInt8(ascii: "0") + UInt8(a.permissions >> $0 & 7) }
        bytes.append(space)
        append(decimal: a.uid, to: &bytes)
        bytes.append(space)
        append(decimal: a.gid, to: &bytes)
        bytes.append(space)
        append(decimal: a.modified.seconds, to: &bytes)
        if a.modified.nanoseconds != 0 {
            bytes.append(UInt8(ascii: "."))
            let digits = String(a.modified.nanoseconds).utf8
            bytes += [UInt8](repeating: UInt8(ascii: "0"), count: 9 - digits.count) + digits
        }
        bytes.append(space)
        append(decimal: a.size, to: &bytes)
        if !a.holes.isEmpty {
            let ranges = a.holes.map { "\($0.lowerBound)+\($0.count)" }
            bytes += Array(" holes=\(ranges.joined(separator: ","))".utf8)
        }
        if let device = a.device { bytes += Array(" device=\(device.major):\(device.minor)".utf8) }
        if let group = a.linkGroup { bytes += Array(" link=\(group.hex)".utf8) }
        for xattr in a.xattrs {
            bytes += Array(" xattr.".utf8) + Escaping.word(xattr.name.bytes)
            bytes += [UInt8(ascii: "=")] + Escaping.word(xattr.value)
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    private static func append(decimal value: some BinaryInteger, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: String(value).utf8)
    }

    private static let space = UInt8(ascii: " ")
}

extension LinkGroup {
    /// 16 lowercase hexadecimal digits.
    var hex: String { withUnsafeBytes(of: value.bigEndian) { $0.hex } }
}

extension FileKind {
    /// As `ls -l` and `find -type` write it, with `f` for a regular file.
    var letter: UInt8 {
        switch self {
        case .regular: UInt8(ascii: "f")
        case .directory: UInt8(ascii: "d")
        case .symlink: UInt8(ascii: "l")
        case .characterDevice: UInt8(ascii: "c")
        case .blockDevice: UInt8(ascii: "b")
        case .fifo: UInt8(ascii: "p")
        case .socket: UInt8(ascii: "s")
        }
    }

    init?(letter: UInt8) {
        guard let kind = FileKind.allCases.first(where: { $0.letter == letter }) else { return nil }
        self = kind
    }
}
