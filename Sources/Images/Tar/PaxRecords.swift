import Model

/// The records of pax headers: `<length> <key>=<value>\n`, as many as there are (POSIX pax, "pax Extended Header").
struct PaxRecords {
    /// Bytes of all headers before one entry, so that many of them can't fill the memory.
    static let limit = 16 << 20
    private static let maximumCount = 1 << 16
    private static let longestKey = 1024
    /// Bytes of what headers for all entries say.
    static let globalLimit = 1 << 20

    /// The last value of each key; an empty one takes back what was said before.
    private(set) var values: [ByteName: [UInt8]] = [:]
    /// `GNU.sparse.offset` and `numbytes` in their order: sparse format 0.0 repeats them.
    private(set) var sparseNumbers: [(isOffset: Bool, value: [UInt8])] = []
    /// Bytes of the headers so far.
    private var size = 0

    /// Adds the records of one header's body.
    mutating func add(_ body: [UInt8]) throws(Refusal) {
        size += body.count
        guard size <= Self.limit else { throw Refusal("its pax headers take more than \(Self.limit) bytes") }
        try parse(body)
    }

    private mutating func parse(_ body: [UInt8]) throws(Refusal) {
        var rest = body[...]
        while !rest.isEmpty {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard (1...9).contains(digits.count), let length = Int(decimal: digits), length <= rest.count else {
                throw Self.malformed
            }
            let record = rest.prefix(length)
            rest = rest.dropFirst(length)
            guard record.count > digits.count + 1, record[digits.endIndex] == UInt8(ascii: " "),
                record.last == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "="))
            else { throw Self.malformed }
            let key = ByteName(record[(digits.endIndex + 1)..<equals])
            guard !key.bytes.isEmpty, !key.bytes.contains(0) else { throw Self.malformed }
            guard key.bytes.count <= Self.longestKey else {
                throw Refusal("a pax header has a key of more than \(Self.longestKey) bytes")
            }
            let value = Array(record[(equals + 1)...].dropLast())
            if key == "GNU.sparse.offset" || key == "GNU.sparse.numbytes" {
                sparseNumbers.append((key == "GNU.sparse.offset", value))
            }
            values[key] = value
            guard values.count <= Self.maximumCount else {
                throw Refusal("its pax headers have more than \(Self.maximumCount) records")
            }
        }
    }

    /// Adds the records of a header for all entries after it, which can't name or size any one of them.
    /// Only records that mean something here are kept: they are looked at again for every entry.
    mutating func addGlobal(_ body: [UInt8]) throws(Refusal) {
        var added = PaxRecords()
        try added.add(body)
        for (key, value) in added.values {
            if Self.globalKeys.contains(key) {
                values[key] = value
            } else if key == "path" || key == "linkpath" || key == "size" || key.hasPrefix("GNU.sparse.")
                || key.hasPrefix("SCHILY.xattr.") || key.hasPrefix("SCHILY.acl.") || key.hasPrefix("LIBARCHIVE.xattr.")
            {
                throw Refusal("a header for all entries sets '\(key)'")
            } else if Self.isForbidden(key) {
                throw Refusal("its '\(key)' is not understood")
            }
        }
        let held = values.reduce(0) { $0 + $1.key.bytes.count + $1.value.count }
        guard held <= Self.globalLimit else {
            throw Refusal("headers for all entries set more than \(Self.globalLimit) bytes")
        }
    }

    private static let globalKeys: Set<ByteName> = [
        "mtime", "uid", "gid", "SCHILY.devmajor", "SCHILY.devminor", "RHT.security.selinux",
    ]

    /// What would be lost or misread if it were passed over.
    static func isForbidden(_ key: ByteName) -> Bool {
        key.hasPrefix("GNU.volume.") || key == "SCHILY.realsize" || key == "SCHILY.acl.ace"
    }

    /// These records, and beneath them those of a global header.
    func over(_ global: PaxRecords) -> PaxRecords {
        var result = self
        result.values.merge(global.values) { own, _ in own }
        return result
    }

    /// Nil where there is no such record, or an empty one.
    subscript(_ key: ByteName) -> [UInt8]? {
        guard let value = values[key], !value.isEmpty else { return nil }
        return value
    }

    /// A decimal number that fits 63 bits.
    func number(_ key: ByteName) throws(Refusal) -> Int64? {
        guard let value = self[key] else { return nil }
        guard let number = Int64(decimal: value[...]) else { throw Refusal("its \(key) is no number from 0 to 2^63-1") }
        return number
    }

    /// Seconds with a fraction, negative before 1970. Digits beyond nanoseconds round down.
    func time(_ key: ByteName) throws(Refusal) -> Timestamp? {
        guard let value = self[key] else { return nil }
        let isNegative = value.first == UInt8(ascii: "-")
        let parts = value.dropFirst(isNegative ? 1 : 0).split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, let seconds = Int64(decimal: parts[0]) else { throw Refusal("its \(key) is no time") }
        guard parts.count == 2, !parts[1].isEmpty else { return Timestamp(seconds: isNegative ? -seconds : seconds) }
        let digits = parts[1].prefix(9) + repeatElement(UInt8(ascii: "0"), count: max(0, 9 - parts[1].count))
        guard let fraction = Int64(decimal: digits), parts[1].allSatisfy({ Int64(decimal: [$0]) != nil }) else {
            throw Refusal("its \(key) is no time")
        }
        guard isNegative else { return Timestamp(seconds: seconds, nanoseconds: UInt32(fraction)) }
        let up = fraction + (parts[1].dropFirst(9).contains { $0 != UInt8(ascii: "0") } ? 1 : 0)
        if up == 0 { return Timestamp(seconds: -seconds) }
        return Timestamp(seconds: -seconds - 1, nanoseconds: UInt32(1_000_000_000 - up))
    }

    private static let malformed = Refusal("a pax header is malformed")
}

extension FixedWidthInteger {
    /// One or more ASCII digits, and nothing else.
    init?(decimal digits: ArraySlice<UInt8>) {
        guard !digits.isEmpty else { return nil }
        var value: Self = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(Self(byte - UInt8(ascii: "0")))
            guard !tooLarge, !overflow else { return nil }
            value = sum
        }
        self = value
    }
}
