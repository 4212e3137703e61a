import Linux
import Model

/// Reads the headers of an uncompressed tar file, stepping over the bodies.
///
/// ``TarReader`` goes from front to end and reads every body, which of an archive of images would be the whole of it. And
/// it refuses an entry at once that here counts only where the archive turns out to be one of images. Special headers
/// have the same rules in both.
struct TarIndex {
    private(set) var members: [BytePath: TarFiles.Member] = [:]
    /// What is wrong with the first member that can't be taken. Told only if the archive is one of images at all: a
    /// root filesystem has many a thing that an image archive must not have.
    private(set) var fault: ImagesError?

    /// Bytes of all names and symlink targets, which stay in memory. Those of an image take some 100 a file.
    private static let longestNames = 16 << 20

    private let name: String
    private let limit: Int
    private var namesCount = 0
    private let end: UInt64
    private let start: UInt64
    private var position: UInt64

    /// - Parameters:
    ///   - file: read by offset.
    ///   - start: where the archive starts.
    ///   - limit: throws where there are more members than these; no image archive comes near.
    init(
        _ file: borrowing Descriptor, from start: UInt64, named name: String, limit: Int = 100_000
    ) throws(ImagesError) {
        self.name = name
        self.limit = limit
        position = start
        do throws(SystemError) { end = try file.status().size } catch {
            throw ImagesError("read archive", name, error.errno.description)
        }
        self.start = start
        try readAll(file)
        checkParents()
    }

    private mutating func readAll(_ file: borrowing Descriptor) throws(ImagesError) {
        var records = PaxRecords()
        var longName: [UInt8]?
        var longLink: [UInt8]?
        var isAfterSpecial = false
        while let header = try nextHeader(file) {
            switch header.type {
            case UInt8(ascii: "x"):
                let body = try special(header, file)
                do throws(Refusal) { try records.add(body) } catch { throw refused(error.reason) }
            // Says nothing that matters here: no record of it may name or size a member.
            case UInt8(ascii: "g"):
                var global = PaxRecords()
                let body = try special(header, file)
                do throws(Refusal) { try global.addGlobal(body) } catch { throw refused(error.reason) }
            case UInt8(ascii: "L"): longName = TarHeader.longName(try special(header, file))
            case UInt8(ascii: "K"): longLink = TarHeader.longName(try special(header, file))
            case UInt8(ascii: "V"): _ = try special(header, file)
            default:
                let size = records["size"].map { Int64(decimal: $0[...]) } ?? header.size
                let name = records["path"] ?? longName ?? header.name
                let link = records["linkpath"] ?? longLink ?? header.linkName
                let isSparse = records.values.keys.contains { $0.hasPrefix("GNU.sparse.") }
                try add(name, link, isSparse ? UInt8(ascii: "S") : header.type, size)
                (records, longName, longLink, isAfterSpecial) = (PaxRecords(), nil, nil, false)
                continue
            }
            isAfterSpecial = isAfterSpecial || header.type != UInt8(ascii: "g") && header.type != UInt8(ascii: "V")
        }
        if isAfterSpecial { throw refused("it is cut off at byte \(end)") }
    }

    /// Below a symlink or a file nothing can lie; a reader that unpacks would put it elsewhere.
    private mutating func checkParents() {
        var first: BytePath?
        for path in members.keys where !path.isRoot {
            var parent = path.parent
            while !parent.isRoot, members[parent] == nil { parent = parent.parent }
            if parent.isRoot { continue }
            if case .directory = members[parent] { continue }
            first = first.map { min($0, path) } ?? path
        }
        if let first { find("'\(Escaping.displayed(Array(first.bytes.dropFirst())))' lies below what is no directory") }
    }

    /// Nil at the end mark, after which there may only be zeros, and at the end of a file that has none.
    private mutating func nextHeader(_ file: borrowing Descriptor) throws(ImagesError) -> TarHeader? {
        if position == end { return nil }
        let noTar = "this is no tar archive, compressed or not"
        if position == start, end - start < TarHeader.byteCount { throw refused(noTar) }
        let block = try bytes(file, TarHeader.byteCount)
        if let header = TarHeader(block) { return header }
        guard block.allSatisfy({ $0 == 0 }) else {
            if position == start + UInt64(TarHeader.byteCount) { throw refused(noTar) }
            throw refused("the header at byte \(position - UInt64(TarHeader.byteCount)) is damaged")
        }
        while position < end {
            guard try bytes(file, Int(min(end - position, 64 << 10))).allSatisfy({ $0 == 0 }) else {
                throw refused("there is something else after the end mark")
            }
        }
        return nil
    }

    private mutating func special(_ header: TarHeader, _ file: borrowing Descriptor) throws(ImagesError) -> [UInt8] {
        let limit = header.specialLimit ?? 0
        guard let size = header.size, (0...Int64(limit)).contains(size) else {
            throw refused("a special header at byte \(position) is larger than \(limit) bytes")
        }
        let body = try bytes(file, Int(size))
        try step(over: UInt64(-size & 0x1ff))
        return body
    }

    private mutating func add(_ name: [UInt8], _ link: [UInt8], _ type: UInt8, _ size: Int64?) throws(ImagesError) {
        guard members.count < limit else {
            throw refused("it has more than \(limit) members, as no image archive does")
        }
        namesCount += name.count + link.count
        guard namesCount <= Self.longestNames else {
            throw refused("the names in it take more than \(Self.longestNames) bytes, as in no image archive")
        }
        let start = position
        let isRegular = [UInt8(ascii: "0"), 0, UInt8(ascii: "7"), UInt8(ascii: "S")].contains(type)
        if isRegular {
            guard let size, size >= 0 else { throw refused("a member's size is no number from 0 to 2^63-1") }
            let (padded, overflow) = UInt64(size).addingReportingOverflow(UInt64(-size & 0x1ff))
            guard !overflow else { throw refused("it is cut off at byte \(end)") }
            // The padding of the last member may be missing, as in archives that lack the end mark.
            guard UInt64(size) <= end - start else { throw refused("it is cut off at byte \(end)") }
            position = padded <= end - start ? start + padded : end
        }
        let shown = Escaping.displayed(Array(name.prefix(200)))
        guard !name.contains(0), name.first != UInt8(ascii: "/"), name.count <= TarNames.maximumPath,
            let path = BytePath(parsing: name)
        else { return find("'\(shown)' is no name inside the archive") }
        let member: TarFiles.Member
        switch type {
        case UInt8(ascii: "5"): member = .directory
        case _ where isRegular && name.last == UInt8(ascii: "/") && size == 0: member = .directory
        case UInt8(ascii: "2"): member = .symlink(Self.resolve(link, from: path.parent))
        case UInt8(ascii: "S"):
            find("'\(shown)' is a sparse member")
            member = .other
        case _ where isRegular: member = .regular(offset: start, size: UInt64(size ?? 0))
        case UInt8(ascii: "1"):
            find("'\(shown)' is a hard link")
            member = .other
        default:
            find("'\(shown)' is neither a file, a directory nor a symlink")
            member = .other
        }
        switch (members.updateValue(member, forKey: path), member) {
        case (nil, _), (.directory, .directory): break
        default: find("'\(shown)' stands in it twice")
        }
    }

    private mutating func find(_ fault: String) { self.fault = self.fault ?? refused(fault) }

    /// Where a symlink leads by the names alone; nil where that is out of the archive.
    private static func resolve(_ target: [UInt8], from directory: BytePath) -> BytePath? {
        guard !target.isEmpty, target.first != UInt8(ascii: "/") else { return nil }
        var names = directory.names
        for part in target.split(separator: UInt8(ascii: "/")) {
            if part.elementsEqual("..".utf8) {
                guard names.popLast() != nil else { return nil }
            } else if !part.elementsEqual(".".utf8) {
                names.append(ByteName(part))
            }
        }
        return BytePath(names)
    }

    // MARK: Bytes

    private mutating func step(over count: UInt64) throws(ImagesError) {
        guard count <= end - position else { throw refused("it is cut off at byte \(end)") }
        position += count
    }

    private mutating func bytes(_ file: borrowing Descriptor, _ count: Int) throws(ImagesError) -> [UInt8] {
        let start = position
        try step(over: UInt64(count))
        do throws(Refusal) { return try file.exactly(count, at: start) } catch { throw refused(error.reason) }
    }

    private func refused(_ reason: String) -> ImagesError { ImagesError("read archive", name, reason) }
}

extension Descriptor {
    /// The same, of a file that is known to be long enough.
    func exactly(_ count: Int, at offset: UInt64) throws(Refusal) -> [UInt8] {
        do throws(SystemError) {
            if let bytes = try bytes(count, at: offset) { return bytes }
        } catch { throw Refusal(error) }
        throw Refusal("it became shorter while it was read")
    }

    /// Exactly `count` bytes at an offset; nil where the file is too short.
    func bytes(_ count: Int, at offset: UInt64) throws(SystemError) -> [UInt8]? {
        var result = [UInt8](repeating: 0, count: count)
        var failure: SystemError?
        var done = 0
        result.withUnsafeMutableBytes { buffer in
            do throws(SystemError) {
                while done < count {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                    let part = try read(into: rest, at: offset + UInt64(done))
                    if part == 0 { break }
                    done += part
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
        return done == count ? result : nil
    }
}
