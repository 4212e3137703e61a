import Model

/// A list of inodes of which it is known that they form one tree below the first.
struct ImageTree {
    let inodes: [ImageInode]
    /// What `st_nlink` says: entries that name the inode, and for a directory `.` and its children's `..`.
    private(set) var linkCounts: [UInt32]
    /// For each inode a directory that names it; the root names itself.
    private(set) var parents: [Int]

    private static let unknown = -1

    init(_ inodes: [ImageInode]) throws(ErofsError) {
        self.inodes = inodes
        linkCounts = Array(repeating: 0, count: inodes.count)
        parents = Array(repeating: Self.unknown, count: inodes.count)
        guard let root = inodes.first, case .directory = root.content else {
            throw ErofsError(.malformed("the first inode is no directory"))
        }
        linkCounts[0] = 2
        parents[0] = 0
        try walk()
        if let orphan = parents.firstIndex(of: Self.unknown) {
            throw ErofsError(.malformed("inode \(orphan) has no name"))
        }
        for index in inodes.indices { try checked(index) { () throws(ErofsError.Cause) in try inodes[index].check() } }
    }

    /// Runs a step on one inode; a failure is given the inode's path.
    func checked<Result>(
        _ index: Int, _ step: () throws(ErofsError.Cause) -> Result
    ) throws(ErofsError) -> Result {
        do throws(ErofsError.Cause) { return try step() } catch {
            throw ErofsError(error, subject: path(of: index).displayed)
        }
    }

    /// Counts links and finds parents, every directory before those below it.
    private mutating func walk() throws(ErofsError) {
        var pending = [0]
        while let directory = pending.popLast() {
            guard case .directory(let entries) = inodes[directory].content else { continue }
            var previous: ByteName?
            for entry in entries {
                do throws(ErofsError.Cause) {
                    try add(entry, after: previous, to: directory)
                } catch {
                    throw ErofsError(error, subject: path(of: directory).appending(entry.name).displayed)
                }
                if case .directory = inodes[entry.inode].content { pending.append(entry.inode) }
                previous = entry.name
            }
        }
    }

    private mutating func add(
        _ entry: ImageEntry, after previous: ByteName?, to directory: Int
    ) throws(ErofsError.Cause) {
        guard entry.name.isEntryName else { throw .malformed("not a name for a directory entry") }
        if let previous, previous >= entry.name { throw .malformed("the name is out of order or there twice") }
        guard inodes.indices.contains(entry.inode) else { throw .malformed("there is no inode \(entry.inode)") }
        if case .directory = inodes[entry.inode].content {
            guard parents[entry.inode] == Self.unknown else { throw .malformed("the directory has two names") }
            linkCounts[entry.inode] = 2
            try addLink(to: directory)
        } else {
            try addLink(to: entry.inode)
        }
        if parents[entry.inode] == Self.unknown { parents[entry.inode] = directory }
    }

    private mutating func addLink(to index: Int) throws(ErofsError.Cause) {
        guard linkCounts[index] < UInt32.max else { throw .limit("more than \(UInt32.max) links") }
        linkCounts[index] += 1
    }

    /// For messages only: looks through each directory on the way.
    private func path(of index: Int) -> BytePath {
        var names: [ByteName] = []
        var child = index
        while child != 0, parents[child] != Self.unknown, case .directory(let entries) = inodes[parents[child]].content
        {
            names.append(entries.first { $0.inode == child }?.name ?? "?")
            child = parents[child]
        }
        return BytePath(names.reversed())
    }
}

extension ImageInode {
    /// Whether attributes and content agree, and are within what the format can express.
    fileprivate func check() throws(ErofsError.Cause) {
        guard attributes.permissions <= 0o7777 else { throw .malformed("more than 12 permission bits") }
        guard attributes.size <= UInt64(Int64.max) else { throw .limit("larger than 2^63 - 1 bytes") }
        switch (content, attributes.kind) {
        case (.none, .regular), (.none, .fifo), (.none, .socket), (.directory, .directory):
            guard attributes.size == 0 else { throw .malformed("the size is not 0") }
        case (.none, .characterDevice), (.none, .blockDevice):
            guard attributes.size == 0 else { throw .malformed("the size is not 0") }
            try checkDevice()
        case (.inline, .regular):
            guard attributes.holes.isEmpty else { throw .malformed("a body inside the image has no holes") }
        case (.inline, .symlink):
            guard 1..<Format.blockSize ~= attributes.size else {
                throw .limit("a symlink's target has 1 to \(Format.blockSize - 1) bytes")
            }
        case (.pooled(let redirect), .regular):
            try Self.check(redirect: redirect)
        default:
            throw .malformed("content and file type do not agree")
        }
        guard attributes.kind == .characterDevice || attributes.kind == .blockDevice || attributes.device == nil else {
            throw .malformed("only a device has device numbers")
        }
    }

    private func checkDevice() throws(ErofsError.Cause) {
        guard let device = attributes.device else { throw .malformed("a device without numbers") }
        guard device.major <= DeviceNumber.largestMajor, device.minor <= DeviceNumber.largestMinor else {
            throw .limit("device \(device.major):\(device.minor) does not fit 12 and 20 bits")
        }
        // In a lower layer it would hide the name instead of being a device.
        if attributes.kind == .characterDevice, device == DeviceNumber(major: 0, minor: 0) {
            throw .malformed("a character device 0:0 is overlayfs's mark of a removed file")
        }
    }

    /// overlayfs refuses an absolute redirect with empty components; a path longer than PATH_MAX names nothing.
    private static func check(redirect: [UInt8]) throws(ErofsError.Cause) {
        let slash = UInt8(ascii: "/")
        let parts = redirect.split(separator: slash, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].isEmpty, redirect.count < 4096,
            parts.dropFirst().allSatisfy({ ByteName($0).isEntryName })
        else { throw .malformed("the pool path is not an absolute path without empty parts") }
    }
}
