import Model

/// All that stands before the body of one file: its header and what the special headers before it said.
struct TarMember {
    let header: TarHeader
    let records: PaxRecords
    let accounts: Accounts
    /// From GNU's `L` and `K` headers.
    var longName: [UInt8]?
    var longLink: [UInt8]?

    /// The name as it is written, for messages too.
    var name: [UInt8] { records["GNU.sparse.name"] ?? records["path"] ?? longName ?? header.name }

    private var link: [UInt8] { records["linkpath"] ?? longLink ?? header.linkName }

    /// POSIX's letters for what is no regular file, hard links apart.
    private static let kinds: [UInt8: FileKind] = [
        UInt8(ascii: "2"): .symlink, UInt8(ascii: "3"): .characterDevice, UInt8(ascii: "4"): .blockDevice,
        UInt8(ascii: "5"): .directory, UInt8(ascii: "6"): .fifo,
    ]

    var isHardLink: Bool { header.type == UInt8(ascii: "1") }

    /// `0`, the NUL of the oldest archives, `7` for contiguous files, GNU's `S` for sparse ones.
    var isRegular: Bool { [UInt8(ascii: "0"), 0, UInt8(ascii: "7"), UInt8(ascii: "S")].contains(header.type) }

    /// Bytes that the archive holds of the body. Only regular files have one, whatever the size field says.
    func storedSize() throws(Refusal) -> UInt64 {
        guard isRegular else { return 0 }
        guard let size = try records.number("size") ?? header.size, size >= 0 else {
            throw Refusal("its size is no number from 0 to 2^63-1")
        }
        return UInt64(size)
    }

    /// - Parameter map: the body of a regular file; without holes and empty for all others.
    func entry(_ map: SparseMap, _ dialect: TarDialect) throws(Refusal) -> TarEntry {
        try checkRecords()
        let name = self.name
        let path = try TarNames.path(name, "its name", dialect)
        var attributes = try self.attributes()
        let hasSlash = name.last == UInt8(ascii: "/")
        // Archives from before POSIX have no letter for directories.
        if isRegular && hasSlash && map.size == 0 { attributes.kind = .directory }
        guard attributes.kind == .directory || !hasSlash && !path.isRoot else {
            throw Refusal("its name is a directory's, and it is none")
        }
        if let problem = attributes.xattrProblem { throw Refusal(problem) }
        if attributes.kind == .regular {
            attributes.size = map.size
            attributes.holes = map.holes
        }
        if isHardLink {
            let target = try TarNames.hardLinkTarget(link, of: path, dialect)
            return TarEntry(path: path, attributes: attributes, hardLinkTarget: target)
        }
        guard attributes.kind == .symlink else { return TarEntry(path: path, attributes: attributes) }
        let target = try TarNames.symlinkTarget(link)
        attributes.size = UInt64(target.count)
        return TarEntry(path: path, attributes: attributes, symlinkTarget: target)
    }

    /// Refuses what would be lost or misread if it were passed over.
    private func checkRecords() throws(Refusal) {
        for key in records.values.keys {
            if key.hasPrefix("GNU.sparse."), !isRegular {
                throw Refusal("it has a map of holes, and is no regular file")
            }
            if PaxRecords.isForbidden(key) { throw Refusal("its '\(key)' is not understood") }
        }
    }

    private func attributes() throws(Refusal) -> Attributes {
        let kind = isRegular || isHardLink ? .regular : Self.kinds[header.type]
        guard let kind else {
            throw Refusal("its type '\(ByteName([header.type]))' is not one of files, directories, links and devices")
        }
        guard let mode = header.mode else { throw Refusal("its mode is no number") }
        var permissions = UInt16(truncatingIfNeeded: mode & 0o7777)
        // bsdtar writes the group's own bits where the mask's belong.
        if let shown = try records.accessList(accounts)?.permissions { permissions = permissions & 0o7000 | shown }
        return Attributes(
            kind: kind, permissions: permissions,
            uid: try owner("uid", header.uid), gid: try owner("gid", header.gid), modified: try modified(),
            device: try device(kind), xattrs: try records.xattrs(accounts))
    }

    /// -1 is no owner (chown(2)).
    private func owner(_ key: ByteName, _ field: Int64?) throws(Refusal) -> UInt32 {
        guard let value = try records.number(key) ?? field, let id = UInt32(exactly: value), id != .max else {
            throw Refusal("its \(key) is no number from 0 to 2^32-2")
        }
        return id
    }

    private func modified() throws(Refusal) -> Timestamp {
        if let time = try records.time("mtime") { return time }
        guard let seconds = header.modified else { throw Refusal("its mtime is no number") }
        return Timestamp(seconds: seconds)
    }

    private func device(_ kind: FileKind) throws(Refusal) -> DeviceNumber? {
        guard kind == .characterDevice || kind == .blockDevice else { return nil }
        // The kernel's device numbers have 12 and 20 bits (linux/kdev_t.h).
        guard let major = try records.number("SCHILY.devmajor") ?? header.deviceMajor, (0..<1 << 12).contains(major),
            let minor = try records.number("SCHILY.devminor") ?? header.deviceMinor, (0..<1 << 20).contains(minor)
        else { throw Refusal("its device number is none that the kernel knows") }
        if kind == .characterDevice, major == 0, minor == 0 {
            throw Refusal("it is a character device 0:0, which overlayfs would take for a removed file")
        }
        return DeviceNumber(major: UInt32(major), minor: UInt32(minor))
    }
}
