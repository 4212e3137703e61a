import Model

/// One file as ``TarWriter`` writes it.
struct TarMemberForm {
    /// All that stands before the body's bytes.
    let headers: [UInt8]
    /// What of the body follows.
    let data: [Range<UInt64>]
    /// Bytes after the file's own header, before padding.
    let storedSize: UInt64

    init(_ entry: TarEntry) {
        let attributes = entry.attributes
        let hasBody = attributes.kind == .regular && entry.hardLinkTarget == nil
        let data = hasBody ? attributes.dataRanges : []
        let isSparse = hasBody && !attributes.holes.isEmpty
        let map = isSparse ? SparseMap.text(data, size: attributes.size) : []
        storedSize = data.reduce(UInt64(map.count)) { $0 + ($1.upperBound - $1.lowerBound) }
        self.data = data

        var name = Array(entry.path.bytes.dropFirst())
        if name.isEmpty { name = Array("./".utf8) } else if attributes.kind == .directory { name.append(0x2f) }
        let link = entry.symlinkTarget ?? entry.hardLinkTarget.map { Array($0.bytes.dropFirst()) } ?? []
        var fields = UstarFields(type: Self.type(entry))
        var records = PaxText()
        if isSparse {
            records["GNU.sparse.major"] = "1"
            records["GNU.sparse.minor"] = "0"
            records["GNU.sparse.realsize"] = "\(attributes.size)"
            records.set("GNU.sparse.name", name)
            fields.name = UstarFields.stand(in: "GNUSparseFile", for: entry.path)
        } else if !fields.setName(name) {
            records.set("path", name)
        }
        if !fields.setLink(link) { records.set("linkpath", link) }
        // Whoever decodes names leaves these alone.
        if String(validating: name, as: UTF8.self) == nil || String(validating: link, as: UTF8.self) == nil {
            records["hdrcharset"] = "BINARY"
        }
        fields.mode = UInt64(attributes.permissions)
        if !fields.set(\.uid, UInt64(attributes.uid)) { records["uid"] = "\(attributes.uid)" }
        if !fields.set(\.gid, UInt64(attributes.gid)) { records["gid"] = "\(attributes.gid)" }
        if !fields.set(\.size, storedSize) { records["size"] = "\(storedSize)" }
        let seconds = UInt64(exactly: attributes.modified.seconds)
        let isWholeTime = seconds.map { fields.set(\.modified, $0) } ?? false
        if !isWholeTime || attributes.modified.nanoseconds != 0 { records["mtime"] = attributes.modified.paxText }
        if let device = attributes.device {
            if !fields.set(\.deviceMajor, UInt64(device.major)) { records["SCHILY.devmajor"] = "\(device.major)" }
            if !fields.set(\.deviceMinor, UInt64(device.minor)) { records["SCHILY.devminor"] = "\(device.minor)" }
        }
        for xattr in attributes.xattrs { records.set(PaxText.key(ofXattr: xattr.name), xattr.value) }
        headers = records.member(for: entry.path) + fields.block + map
    }

    private static func type(_ entry: TarEntry) -> Unicode.Scalar {
        if entry.hardLinkTarget != nil { return "1" }
        return switch entry.attributes.kind {
        case .regular, .socket: "0"
        case .symlink: "2"
        case .characterDevice: "3"
        case .blockDevice: "4"
        case .directory: "5"
        case .fifo: "6"
        }
    }
}

extension SparseMap {
    /// The map of format 1.0, in whole blocks. As GNU tar does, a hole at the end is followed by a range of no bytes.
    fileprivate static func text(_ data: [Range<UInt64>], size: UInt64) -> [UInt8] {
        var ranges = data
        if data.last?.upperBound != size { ranges.append(size..<size) }
        var text = Array("\(ranges.count)\n".utf8)
        for range in ranges { text += Array("\(range.lowerBound)\n\(range.upperBound - range.lowerBound)\n".utf8) }
        return text + [UInt8](repeating: 0, count: -text.count & 0x1ff)
    }
}
