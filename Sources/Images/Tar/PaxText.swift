import Model

/// The records of one extended header, to be written: sorted by key, so that the same records give the same bytes.
struct PaxText {
    private var values: [ByteName: [UInt8]] = [:]

    subscript(_ key: ByteName) -> String {
        get { String(decoding: values[key] ?? [], as: UTF8.self) }
        set { values[key] = Array(newValue.utf8) }
    }

    mutating func set(_ key: ByteName, _ value: [UInt8]) { values[key] = value }

    /// The key of an extended attribute, with GNU tar's form for the byte that ends keys, and for what would read as such.
    static func key(ofXattr name: ByteName) -> ByteName {
        var key = Array("SCHILY.xattr.".utf8)
        for (index, byte) in name.bytes.enumerated() {
            let rest = name.bytes[(index + 1)...]
            switch byte {
            case UInt8(ascii: "="): key += Array("%3D".utf8)
            case UInt8(ascii: "%") where rest.starts(with: "25".utf8) || rest.starts(with: "3D".utf8):
                key += Array("%25".utf8)
            default: key.append(byte)
            }
        }
        return ByteName(key)
    }

    /// The header and its records, in whole blocks; nothing where there are no records.
    func member(for path: BytePath) -> [UInt8] {
        if values.isEmpty { return [] }
        var body: [UInt8] = []
        for (key, value) in values.sorted(by: { $0.key < $1.key }) { body += Self.record(key, value) }
        var fields = UstarFields(type: "x")
        fields.name = UstarFields.stand(in: "PaxHeaders", for: path)
        fields.mode = 0o644
        fields.size = UInt64(body.count)
        return fields.block + body + [UInt8](repeating: 0, count: -body.count & 0x1ff)
    }

    /// `LENGTH KEY=VALUE`, LF: the length counts itself (POSIX pax, "pax Extended Header").
    private static func record(_ key: ByteName, _ value: [UInt8]) -> [UInt8] {
        let rest = [0x20] + key.bytes + [UInt8(ascii: "=")] + value + [0x0a]
        var count = rest.count + 1
        while "\(count)".utf8.count + rest.count != count { count += 1 }
        return Array("\(count)".utf8) + rest
    }
}

extension Timestamp {
    /// Decimal seconds; a time before 1970 has its fraction counted from the other side.
    var paxText: String {
        if nanoseconds == 0 { return "\(seconds)" }
        let isNegative = seconds < 0
        let (whole, fraction) = isNegative ? (-(seconds + 1), 1_000_000_000 - nanoseconds) : (seconds, nanoseconds)
        var digits = "\(fraction)"
        digits = String(repeating: "0", count: 9 - digits.utf8.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(isNegative ? "-" : "")\(whole).\(digits)"
    }
}
