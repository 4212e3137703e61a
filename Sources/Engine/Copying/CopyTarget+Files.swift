import Glibc
import Images
import Linux
import Model

extension CopyTarget {
    /// Makes a file, and gives it its name when it is whole; what has the name already is replaced.
    ///
    /// Until then a regular file has no name, where the filesystem can have such, so that nothing is left of a copy that is
    /// killed. Another is only made in passing, where what has the name has to be replaced in one step.
    /// - Parameter isNew: whether nothing had the name a moment ago.
    func put(
        _ name: ByteName, in parent: borrowing Descriptor, _ entry: TarEntry, _ attributes: Attributes,
        _ body: borrowing CopyBody, isNew: Bool
    ) throws {
        let directory = parent.reference
        let isRegular = attributes.kind == .regular && entry.hardLinkTarget == nil
        if isRegular, let file = try unnamed(in: directory) {
            try write(body, entry.attributes, to: file)
            try apply(attributes, to: file, at: entry.path)
            if isNew, try took({ () throws in try Files.link(file, to: KernelPath(name), in: directory) }) { return }
            return try replace(name, in: directory) { try Files.link(file, to: $0, in: directory) }
        }
        if isNew, !isRegular,
            try took({ () throws in try make(KernelPath(name), in: directory, entry, attributes, body) })
        {
            return
        }
        try replace(name, in: directory) { try make($0, in: directory, entry, attributes, body) }
    }

    /// Nil where the filesystem has no files without a name.
    private func unnamed(in directory: DirectoryReference) throws(SystemError) -> Descriptor? {
        do throws(SystemError) { return try Files.makeUnnamed(in: directory) } catch {
            // The second of a filesystem that takes it for opening the directory itself (open(2), O_TMPFILE).
            if error.errno == .notSupported || error.errno == .isDirectory { return nil }
            throw error
        }
    }

    /// - Returns: false where something had the name.
    private func took(_ make: () throws -> Void) throws -> Bool {
        do { try make() } catch let error as SystemError where error.errno == .exists { return false }
        return true
    }

    /// Makes the file under another name first, and takes that away where it fails.
    private func replace(
        _ name: ByteName, in directory: DirectoryReference, _ make: (KernelPath) throws -> Void
    ) throws {
        let temporary = KernelPath(".varve-copy.\(Repository.randomHex(8))")
        try make(temporary)
        do throws(SystemError) {
            try Files.rename(temporary, in: directory, to: KernelPath(name), in: directory)
            // The rename of one name of a file to another does nothing (rename(2)).
            try Files.discard(temporary, in: directory)
        } catch { throw discarding(temporary, in: directory, error) }
    }

    /// The first error is the one to tell.
    private func discarding(
        _ path: KernelPath, in directory: DirectoryReference, _ error: any Error
    ) -> any Error {
        do throws(SystemError) { try Files.discard(path, in: directory) } catch {}
        return error
    }

    /// Makes a file under a name that nothing has, or nothing.
    private func make(
        _ path: KernelPath, in directory: DirectoryReference, _ entry: TarEntry, _ attributes: Attributes,
        _ body: borrowing CopyBody
    ) throws {
        if let target = entry.hardLinkTarget { return try link(target, to: path, in: directory) }
        switch attributes.kind {
        case .regular:
            let file = try Files.open(
                path, in: directory, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
            do {
                try write(body, entry.attributes, to: file)
                return try apply(attributes, to: file, at: entry.path)
            } catch { throw discarding(path, in: directory, error) }
        case .symlink: try Files.makeSymlink(path, in: directory, target: KernelPath(entry.symlinkTarget ?? []))
        default:
            try Files.makeNode(
                path, in: directory, mode: attributes.kind.modeBits | 0o600,
                device: attributes.device ?? DeviceNumber(major: 0, minor: 0))
        }
        do { try apply(attributes, toNode: path, in: directory, at: entry.path) } catch {
            throw discarding(path, in: directory, error)
        }
    }

    private func apply(
        _ attributes: Attributes, toNode path: KernelPath, in directory: DirectoryReference, at place: BytePath
    ) throws {
        let node = try FoundFile.find(path, in: directory)
        guard try node.descriptor.status().kind == attributes.kind else {
            throw refusal(place, "it was replaced while it was copied")
        }
        try apply(attributes, to: node.descriptor, at: place)
    }

    private func link(_ target: BytePath, to path: KernelPath, in parent: DirectoryReference) throws {
        guard let name = target.last else { throw refusal(target, "it is no file to link to") }
        let directory = try directory(target.parent)
        try Files.link(KernelPath(name), in: directory.descriptor.reference, to: path, in: parent)
    }

    func apply(_ attributes: Attributes, to file: borrowing Descriptor, at path: BytePath) throws {
        for name in try file.apply(attributes) {
            leftOut.append(LeftOut(path: path, reason: "the filesystem takes no attribute \(name)"))
        }
    }

    func write(_ body: borrowing CopyBody, _ attributes: Attributes, to file: borrowing Descriptor) throws {
        switch body {
        case .none: break
        case .file(let source): try source.copy(to: file, size: attributes.size, holes: attributes.holes)
        case .archived(let archive): try write(archive, attributes, to: file)
        }
    }

    /// An archive gives zeros where a file has holes; they are not written.
    private func write(_ archive: TarReader, _ attributes: Attributes, to file: borrowing Descriptor) throws {
        try file.resize(to: attributes.size)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        var position: UInt64 = 0
        for range in attributes.dataRanges + [attributes.size..<attributes.size] {
            while position < range.upperBound {
                let limit = position < range.lowerBound ? range.lowerBound : range.upperBound
                let part = UnsafeMutableRawBufferPointer(
                    rebasing: buffer[..<Int(min(UInt64(buffer.count), limit - position))])
                let count = try archive.read(into: part)
                guard count > 0 else { return }
                if position >= range.lowerBound {
                    try file.write(UnsafeRawBufferPointer(rebasing: part[..<count]), at: position)
                }
                position += UInt64(count)
            }
        }
    }
}
