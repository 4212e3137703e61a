import Model

/// POSIX access control lists: from the text that tar archives carry to the value of the xattrs
/// `system.posix_acl_access` and `system.posix_acl_default` (linux/posix_acl_xattr.h).
struct AccessControlList {
    private struct Entry {
        let tag: UInt16
        let permissions: UInt16
        let id: UInt32
    }

    // linux/posix_acl.h
    private static let userObject: UInt16 = 0x01
    private static let user: UInt16 = 0x02
    private static let groupObject: UInt16 = 0x04
    private static let group: UInt16 = 0x08
    private static let mask: UInt16 = 0x10
    private static let other: UInt16 = 0x20

    /// Bytes of a text, so that it can't fill the memory: an attribute holds 8,191 entries.
    private static let longestText = 1 << 20
    /// LOGIN_NAME_MAX of limits.h without the NUL.
    private static let longestName = 255

    private var entries: [Entry] = []

    /// Reads entries between commas or newlines: `user:1000:rw-`, `user:name:rw-:1000`, `mask::r--` (acl(5)).
    /// A name that stands without its number and is none of `accounts` is refused.
    init(parsing text: [UInt8], _ accounts: Accounts) throws(Refusal) {
        guard text.count <= Self.longestText else {
            throw Refusal("its access control list is longer than \(Self.longestText) bytes")
        }
        for line in text.split(whereSeparator: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\n") || $0 == 0 }) {
            // `#effective:…` is a comment.
            let entry = line.prefix { $0 != UInt8(ascii: "#") }.filter { $0 != 0x20 && $0 != 0x09 }
            if !entry.isEmpty { entries.append(try Self.entry(entry, accounts)) }
        }
        // The kernel takes them only in this order, and named ones in the order of their ids.
        entries.sort { ($0.tag, $0.id) < ($1.tag, $1.id) }
        try check()
    }

    /// Whether the permission bits say the same.
    var isMinimal: Bool { entries.count <= 3 }

    /// The nine permission bits that a file with this list shows: the mask stands where the group's would (acl(5)).
    var permissions: UInt16? {
        func of(_ tag: UInt16) -> UInt16? { entries.first { $0.tag == tag }?.permissions }
        guard let owner = of(Self.userObject), let group = of(Self.mask) ?? of(Self.groupObject),
            let other = of(Self.other)
        else { return nil }
        return owner << 6 | group << 3 | other
    }

    /// Version 2: a little-endian word, then tag, permissions and id of each entry.
    var xattrValue: [UInt8] {
        var bytes: [UInt8] = [2, 0, 0, 0]
        for entry in entries {
            withUnsafeBytes(of: entry.tag.littleEndian) { bytes += $0 }
            withUnsafeBytes(of: entry.permissions.littleEndian) { bytes += $0 }
            withUnsafeBytes(of: entry.id.littleEndian) { bytes += $0 }
        }
        return bytes
    }

    private func check() throws(Refusal) {
        func count(_ tag: UInt16) -> Int { entries.count { $0.tag == tag } }
        let isNamed = count(Self.user) + count(Self.group) > 0
        let isUnique = zip(entries, entries.dropFirst()).allSatisfy { ($0.tag, $0.id) != ($1.tag, $1.id) }
        guard isUnique, count(Self.userObject) == 1, count(Self.groupObject) == 1, count(Self.other) == 1,
            !isNamed || count(Self.mask) == 1
        else { throw Refusal("its access control list is incomplete") }
    }

    private static func entry(_ text: [UInt8], _ accounts: Accounts) throws(Refusal) -> Entry {
        var fields = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        if fields.first?.elementsEqual("default".utf8) == true { fields.removeFirst() }
        // `mask:r--` and `other:r--` without the empty name are as good (acl(5), short text form aside).
        if fields.count == 2 { fields.insert([], at: 1) }
        guard fields.count == 3 || fields.count == 4, fields[1].count <= longestName,
            let permissions = permissions(fields[2])
        else { throw malformed }
        let kind = String(decoding: fields[0], as: UTF8.self)
        let isNamed = !fields[1].isEmpty
        let tag: UInt16? =
            switch kind {
            case "user", "u": isNamed ? user : userObject
            case "group", "g": isNamed ? group : groupObject
            case "mask", "m": isNamed ? nil : mask
            case "other", "o": isNamed ? nil : other
            default: nil
            }
        guard let tag else { throw malformed }
        guard isNamed else { return Entry(tag: tag, permissions: permissions, id: .max) }
        let known = tag == user ? accounts.users : accounts.groups
        guard let id = UInt32(decimal: fields.count == 4 ? fields[3] : fields[1]) ?? known[ByteName(fields[1])],
            id != .max
        else {
            throw Refusal("its access control list names \(kind) '\(ByteName(fields[1]))' without a number")
        }
        return Entry(tag: tag, permissions: permissions, id: id)
    }

    private static func permissions(_ text: ArraySlice<UInt8>) -> UInt16? {
        var result: UInt16 = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "r"): result |= 4
            case UInt8(ascii: "w"): result |= 2
            case UInt8(ascii: "x"): result |= 1
            case UInt8(ascii: "-"): break
            default: return nil
            }
        }
        return (1...3).contains(text.count) ? result : nil
    }

    private static let malformed = Refusal("its access control list is malformed")
}
