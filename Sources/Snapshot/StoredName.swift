import Model

/// File names as git tree entries.
///
/// Git refuses trees with a `.git` in any spelling that some filesystem takes for it, and reads meaning into
/// `.gitmodules` and the like, and into what NTFS and HFS+ take for these (git-fsck(1)); `.varve` is the record's own name. Such names are stored
/// as `.varve.` and the name with `%` and the backslash written `%25` and `%5c`. All other names stand as they are.
enum StoredName {
    static let record: ByteName = ".varve"
    private static let escapePrefix: ByteName = ".varve."

    static func encode(_ name: ByteName) -> ByteName {
        guard needsEscape(name) else { return name }
        var bytes = escapePrefix.bytes
        for byte in name.bytes {
            switch byte {
            case UInt8(ascii: "%"): bytes += Array("%25".utf8)
            case UInt8(ascii: "\\"): bytes += Array("%5c".utf8)
            default: bytes.append(byte)
            }
        }
        return ByteName(bytes)
    }

    /// Nil for what ``encode(_:)`` does not give.
    static func decode(_ stored: ByteName) -> ByteName? {
        guard stored.hasPrefix(escapePrefix) else { return needsEscape(stored) ? nil : stored }
        var bytes: [UInt8] = []
        var rest = stored.bytes[escapePrefix.bytes.count...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let decoded = [UInt8](hex: String(decoding: rest.prefix(2), as: UTF8.self)), decoded.count == 1
            else { return nil }
            bytes += decoded
            rest = rest.dropFirst(2)
        }
        let name = ByteName(bytes)
        return encode(name) == stored ? name : nil
    }

    /// Whether git could take the name, or what follows a backslash in it, for one that it guards.
    private static func needsEscape(_ name: ByteName) -> Bool {
        name.bytes.withUnsafeBytes { bytes in
            if record.bytes.withUnsafeBytes({ bytes.starts(with: $0) }) { return true }
            // Nearly all names are cleared by their first byte alone.
            if let first = bytes.first, mayBeginGuarded(first), isGuarded(bytes) { return true }
            var rest = bytes[...]
            while let backslash = rest.firstIndex(of: UInt8(ascii: "\\")) {
                rest = rest[(backslash + 1)...]
                guard let first = rest.first else { return false }
                if mayBeginGuarded(first), isGuarded(UnsafeRawBufferPointer(rebasing: rest)) { return true }
            }
            return false
        }
    }

    private static func mayBeginGuarded(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "g") || byte == UInt8(ascii: "~") || byte >= 0x80
    }

    /// `.git…` with any bytes outside ASCII ignored (HFS+ ignores some of them), or what could be an NTFS short name
    /// of such: up to six bytes that begin as `gi` does, a tilde, and a digit.
    private static func isGuarded(_ part: UnsafeRawBufferPointer) -> Bool {
        let folded = part.lazy.filter { $0 < 0x80 }.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        if folded.starts(with: ".git".utf8) { return true }
        let start = Array(folded.prefix(8))
        guard let tilde = start.firstIndex(of: UInt8(ascii: "~")), tilde + 1 < start.count,
            (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(start[tilde + 1])
        else { return false }
        return start[..<min(tilde, 2)].elementsEqual("gi".utf8.prefix(tilde))
    }
}
