import Glibc
import Images
import Linux
import Model

/// How files are copied into and out of a container (docs/copying.md).
public struct CopyRequest: Sendable {
    /// Whether all attributes are kept: owners, setuid bits, capabilities, ACLs, and devices as devices.
    public var isArchive = false
    /// Whether a symlink that is to be copied is followed.
    public var isFollowing = false

    public init() {}
}

extension Repository {
    /// Copies a file or directory of a container to the host, by the rules of `docker cp`.
    /// - Returns: what could not be kept.
    public func copy(
        from container: Container, _ source: [UInt8], to target: [UInt8], _ request: CopyRequest
    ) throws -> [CopyLeftOut] {
        let (uid, gid) = (geteuid(), getegid())
        let rules = CopyRules(request) { request.isArchive ? $0 : $0.copied(to: uid, gid, clearsSetID: true) }
        return try withFiles(of: container, at: source, forWriting: false) { source, view in
            try rules.copy(source, in: view, to: CopyPath(target), in: try FilesystemView())
        }
    }

    /// Copies a file or directory of the host into a container.
    public func copy(
        _ source: [UInt8], into container: Container, _ target: [UInt8], _ request: CopyRequest
    ) throws -> [CopyLeftOut] {
        let rules = CopyRules(request) { attributes in
            if request.isArchive { return attributes }
            let isRoots = attributes.uid == 0 && attributes.gid == 0
            return attributes.copied(to: 0, 0, clearsSetID: !isRoots)
        }
        return try withFiles(of: container, at: target, forWriting: true) { target, view in
            try rules.copy(CopyPath(source), in: try FilesystemView(), to: target, in: view)
        }
    }

    /// Writes a file or directory of a container as a tar file, with all attributes.
    public func copy(
        from container: Container, _ source: [UInt8], toArchive output: consuming Descriptor, named name: String,
        _ request: CopyRequest
    ) throws -> [CopyLeftOut] {
        let archive = CopyArchive(to: output, named: name)
        return try withFiles(of: container, at: source, forWriting: false) { path, view in
            let source = try CopyRules.Source.find(path, in: view, isFollowing: request.isFollowing)
            let name = BytePath(source.name.map { [$0] } ?? [])
            var copy = CopySource(path, from: view, to: archive, as: name)
            try copy.copy(source.location.name, in: source.location.parent.reference)
            if !source.isDirectory, let only = archive.leftOut.first { throw path.refusal(only.reason) }
            return copy.leftOut
        }
    }

    /// Unpacks a tar file into a directory of a container, with all attributes that it has.
    public func copy(
        archive input: consuming Descriptor, named name: String, into container: Container, _ target: [UInt8]
    ) throws -> [CopyLeftOut] {
        let reader = try TarReader(reading: input, name: name, dialect: .files)
        return try withFiles(of: container, at: target, forWriting: true) { target, view in
            let location = try CopyRules.locate(target, in: view, isFollowing: true)
            guard location.status?.kind == .directory else {
                throw target.refusal("a tar file is unpacked into a directory, and there is none")
            }
            let sink = CopyTarget(location.path, in: view) { $0 }
            try CopySource.copy(archive: reader, to: sink)
            return sink.leftOut.map { CopyLeftOut(path: $0.path.displayed, reason: $0.reason) }
        }
    }
}

extension Attributes {
    /// Those of a copy that belongs to somebody: content and times, and what is not a matter of trust. Nil for a device.
    fileprivate func copied(to uid: UInt32, _ gid: UInt32, clearsSetID: Bool) -> Attributes? {
        if kind.isDevice { return nil }
        var copy = self
        (copy.uid, copy.gid) = (uid, gid)
        if clearsSetID, kind == .regular { copy.permissions &= 0o1777 }
        copy.xattrs = xattrs.filter { $0.name.hasPrefix("user.") }
        return copy
    }
}

extension FileKind {
    var isDevice: Bool { self == .characterDevice || self == .blockDevice }
}
