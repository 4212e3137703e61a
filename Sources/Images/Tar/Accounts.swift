import Model

/// Which numbers the names of users and groups stand for, where an archive gives only names: GNU tar does so in access
/// control lists, even with `--numeric-owner`.
public struct Accounts: Sendable {
    public var users: [ByteName: UInt32]
    public var groups: [ByteName: UInt32]

    /// Knows `root` alone.
    public init() {
        users = ["root": 0]
        groups = ["root": 0]
    }

    /// Reads the content of passwd(5) and group(5). As for the C library, of equal names the first counts, and lines of
    /// another form are passed over.
    public init(passwd: [UInt8], group: [UInt8]) {
        users = Self.ids(passwd)
        groups = Self.ids(group)
    }

    private static func ids(_ text: [UInt8]) -> [ByteName: UInt32] {
        var ids: [ByteName: UInt32] = [:]
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count > 2, !fields[0].isEmpty, let id = UInt32(decimal: fields[2]) else { continue }
            let name = ByteName(fields[0])
            if ids[name] == nil { ids[name] = id }
        }
        return ids
    }
}
