import Linux
import Model

/// The ids of the host that containers' user namespaces are given.
struct IDPool {
    /// Free for containers, in this order. Users and groups alike.
    var ranges: [Range<UInt64>]

    /// Where nobody set any aside: a part of what systemd leaves to containers
    /// (systemd.io/UIDS-GIDS: 0x00080000 to 0x6FFFFFFF), above what it gives its own first.
    static let usual = IDPool(ranges: [0x4000_0000..<0x6000_0000])

    /// What `/etc/subuid` and `/etc/subgid` set aside for the user `containers`, as podman has it; both files alike.
    static func current(users: String = "/etc/subuid", groups: String = "/etc/subgid") throws -> IDPool {
        let (users, groups) = (try set(aside: users), try set(aside: groups))
        if users.isEmpty, groups.isEmpty { return usual }
        let both = users.flatMap { user in groups.map { user.clamped(to: $0) } }.filter { !$0.isEmpty }
        return IDPool(ranges: both)
    }

    /// Lines `user:first:count` (subuid(5)); what is none is no range.
    private static func set(aside path: String) throws -> [Range<UInt64>] {
        let text = String(decoding: try Files.contentsIfPresent(path) ?? [], as: UTF8.self)
        return text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 3, fields[0] == "containers", let first = UInt32(fields[1]),
                let count = UInt32(fields[2]),
                // The kernel has no id 2^32 - 1.
                UInt64(first) + UInt64(count) < 1 << 32, first > 0, count > 0
            else { return nil }
            return UInt64(first)..<UInt64(first) + UInt64(count)
        }
    }

    /// The first ids that are in no range of `taken`.
    func range(of size: UInt32, besides taken: [IDRange]) throws -> IDRange {
        let taken = taken.map { UInt64($0.host)..<UInt64($0.host) + UInt64($0.size) }.sorted {
            $0.lowerBound < $1.lowerBound
        }
        for range in ranges {
            var first = range.lowerBound
            for other in taken where other.overlaps(first..<first + UInt64(size)) {
                first = max(first, other.upperBound)
            }
            if first + UInt64(size) <= range.upperBound {
                return IDRange(container: 0, host: UInt32(first), size: size)
            }
        }
        throw EngineError.refused(
            "make user namespace", subject: "\(size) ids",
            reason: "so many are not free in a row; /etc/subuid and /etc/subgid say which are for 'containers'")
    }
}

extension Repository {
    /// Chooses the ids of a container that is about to be made.
    /// - Returns: a lock to hold until the container is there for others to see.
    func settleIDs(_ security: inout SecurityOptions) throws -> FileLock? {
        guard case .automatic = security.userNamespace.choice else {
            try security.userNamespace.settle(besides: { [] })
            return nil
        }
        let lock = try FileLock.acquire("\(root)/ids.lock")
        try security.userNamespace.settle(besides: takenIDs)
        return lock
    }

    /// Also of containers that have no name yet, or none any more.
    private func takenIDs() throws -> [IDRange] {
        try Files.names(in: try Files.openDirectory(KernelPath("\(root)/containers"))).flatMap { name -> [IDRange] in
            guard let id = name.string, let bytes = try Files.contentsIfPresent(files(of: id).configuration),
                let container = try Container(json: JSON(parsing: bytes))
            else { return [] }
            let other = container.configuration.security.userNamespace
            // Where everybody has the same number as outside, nobody's are used up.
            return other.choice == .sameIDs ? [] : other.ranges
        }
    }
}
