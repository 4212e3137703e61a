import Model

extension PaxRecords {
    /// The extended attributes, sorted by name. Of two spellings of one attribute that with the raw bytes counts.
    func xattrs(_ accounts: Accounts) throws(Refusal) -> [ExtendedAttribute] {
        var found: [ByteName: [UInt8]] = [:]
        for (key, value) in values {
            // libarchive's own spelling, which stands beside the common one.
            guard key.hasPrefix("LIBARCHIVE.xattr.") else { continue }
            guard let name = Self.urlDecoded(key.bytes.dropFirst(17)), let decoded = Self.base64Decoded(value) else {
                throw Refusal("its \(key) is malformed")
            }
            found[ByteName(name)] = decoded
        }
        // Of a file the kernel keeps no list that says what the mode says.
        if let list = try accessList(accounts), !list.isMinimal { found["system.posix_acl_access"] = list.xattrValue }
        if let text = self["SCHILY.acl.default"] {
            found["system.posix_acl_default"] = try AccessControlList(parsing: text, accounts).xattrValue
        }
        if let context = self["RHT.security.selinux"] { found["security.selinux"] = context }
        for (key, value) in values where key.hasPrefix("SCHILY.xattr.") {
            found[ByteName(Self.keywordDecoded(key.bytes.dropFirst(13)))] = value
        }
        return found.map { ExtendedAttribute(name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
    }

    func accessList(_ accounts: Accounts) throws(Refusal) -> AccessControlList? {
        guard let text = self["SCHILY.acl.access"] else { return nil }
        return try AccessControlList(parsing: text, accounts)
    }

    /// GNU tar writes `%25` and `%3D` for the two bytes of a name that a pax key can't have as they are.
    private static func keywordDecoded(_ name: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var rest = name
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.starts(with: "25".utf8) || rest.starts(with: "3D".utf8) {
                result.append(rest.first == UInt8(ascii: "2") ? byte : UInt8(ascii: "="))
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return result
    }

    private static func urlDecoded(_ name: ArraySlice<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = name
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let decoded = [UInt8](hex: digits) else { return nil }
            result += decoded
            rest = rest.dropFirst(2)
        }
        return result
    }

    /// RFC 4648, section 4, with or without padding.
    private static func base64Decoded(_ text: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text.prefix(while: { $0 != UInt8(ascii: "=") }) {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return count < 6 ? result : nil
    }
}
