import Linux
import Model

/// What `docker cp` makes of a source and a target.
struct CopyRules {
    private let request: CopyRequest
    private let adapt: (Attributes) -> Attributes?

    /// - Parameter adapt: what becomes of attributes; nil leaves a file out.
    init(_ request: CopyRequest, adapting adapt: @escaping (Attributes) -> Attributes?) {
        self.request = request
        self.adapt = adapt
    }

    /// What is to be copied.
    struct Source: ~Copyable {
        let location: FilesystemView.Location
        /// What it is called where it is copied into a directory; nil where what is in it is copied.
        let name: ByteName?
        let isDirectory: Bool

        static func find(_ path: CopyPath, in view: FilesystemView, isFollowing: Bool) throws -> Source {
            let location = try CopyRules.locate(path, in: view, isFollowing: isFollowing || path.meansDirectory)
            guard let status = location.status else { throw path.refusal("there is nothing at this path") }
            let isDirectory = status.kind == .directory
            if path.meansDirectory, !isDirectory { throw path.refusal("it is no directory") }
            return Source(
                location: location, name: path.meansContents ? nil : path.name, isDirectory: isDirectory)
        }
    }

    func copy(
        _ sourcePath: CopyPath, in sourceView: FilesystemView, to targetPath: CopyPath, in targetView: FilesystemView
    ) throws -> [CopyLeftOut] {
        let source = try Source.find(sourcePath, in: sourceView, isFollowing: request.isFollowing)
        let location = try Self.locate(targetPath, in: targetView, isFollowing: true)
        let sink: CopyTarget
        let path: BytePath
        switch (source.isDirectory, location.status?.kind) {
        case (_, .directory?):
            sink = CopyTarget(location.path, in: targetView, adapting: adapt)
            path = BytePath(source.name.map { [$0] } ?? [])
        case (true, nil):
            let made = try CopyTarget.SharedDescriptor.directory(location.name, in: location.parent, isNew: true)
            sink = CopyTarget(location.path, in: targetView, made: made, adapting: adapt)
            path = .root
        case (true, _): throw targetPath.refusal("a directory is not copied over a file")
        case (false, nil) where targetPath.meansDirectory: throw targetPath.refusal("there is no such directory")
        case (false, _) where targetPath.meansDirectory: throw targetPath.refusal("it is no directory")
        case (false, _):
            sink = CopyTarget(location.parentPath, in: targetView, adapting: adapt)
            path = BytePath([location.name])
        }
        if let status = source.location.status, status.kind.isDevice, !request.isArchive {
            throw sourcePath.refusal("it is a device, which only -a and tar files carry")
        }
        var copy = CopySource(sourcePath, from: sourceView, to: sink, as: path)
        try copy.copy(source.location.name, in: source.location.parent.reference)
        return copy.leftOut
    }

    static func locate(
        _ path: CopyPath, in view: FilesystemView, isFollowing: Bool
    ) throws -> FilesystemView.Location {
        do throws(SystemError) { return try view.locate(path.bytes, isFollowing: isFollowing) } catch {
            let reason = error.errno == .noEntry ? "the directory that it would be in is not there" : error.cause
            throw path.refusal(reason)
        }
    }
}

/// A path as it was typed.
struct CopyPath {
    private static let slash = UInt8(ascii: "/")

    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether what is in the directory is meant: `.`, or `/.` at the end; also the root, which has no name.
    var meansContents: Bool { Self.endsWithDot(bytes) || name == nil }

    /// Whether only a directory can be meant.
    var meansDirectory: Bool { bytes.last == Self.slash || meansContents }

    /// Without what only says that a directory is meant.
    var withoutEnd: [UInt8] {
        var path = bytes
        while let last = path.last, last == Self.slash || Self.endsWithDot(path) { path.removeLast() }
        return path
    }

    /// The last name.
    var name: ByteName? { Self.names(bytes).last }

    private static func endsWithDot(_ path: [UInt8]) -> Bool {
        path.last != slash && path.split(separator: slash).last?.elementsEqual(".".utf8) == true
    }

    /// The names, when `.` and `..` are reckoned.
    static func names(_ path: [UInt8]) -> [ByteName] {
        var names: [ByteName] = []
        for part in path.split(separator: slash) where !part.elementsEqual(".".utf8) {
            if part.elementsEqual("..".utf8) { _ = names.popLast() } else { names.append(ByteName(part)) }
        }
        return names
    }

    func refusal(_ reason: String) -> EngineError {
        .refused("copy", subject: Escaping.displayed(bytes), reason: reason)
    }
}
