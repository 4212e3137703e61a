import Images
import Linux
import Model
import ObjectStore
import Snapshot

/// What a commit of a container is to be.
public struct CommitRequest: Sendable {
    public var message: String?
    /// The tag to move; nil for the one that the container came from.
    public var tag: TagName?
    /// Only what stands at these paths; all where empty.
    public var paths: [BytePath] = []
    /// To the image's config.
    public var changes: [ConfigChange] = []
    public var allowsEmpty = false
    /// Whether a running container is frozen while its files are read.
    public var pauses = true

    public init() {}
}

extension Repository {
    /// Makes what the container's files are now a commit on the container's base, which it becomes.
    public func commit(_ container: Container, _ request: CommitRequest, by author: Signature) throws -> ObjectID {
        let lock = try lock(container)
        defer { withExtendedLifetime(lock) {} }
        try requireRecovered()
        let state = try state(of: container)
        let store = try store()
        let base = try content(of: state.base)
        let tag = try request.tag ?? self.tag(of: container, state)
        let position = try tag.flatMap { try store.ref($0.ref) }
        if let tag, position != state.base, position != nil || request.tag == nil {
            throw EngineError.tagMoved(tag, expected: state.base, actual: position)
        }

        let writer = try store.writer()
        let fs = try capturedTree(container, state, request, base: base.fs, to: writer, holding: lock)
        let config = try changed(base.config, by: request.changes, to: writer)
        guard fs != base.fs || config != base.config || request.allowsEmpty else {
            throw EngineError.nothingToCommit(container: container.name)
        }
        let content = CommitContent(fs: fs, config: config)
        let commit = Commit(
            tree: try content.write(to: writer), parents: [state.base], author: author, committer: author,
            message: CommitMessage.encode(request.message ?? "changes in \(container.name)"))
        let id = try writer.add(.commit, commit.encoded)
        if let tag = request.tag, try self.tag(of: container, state) != tag {
            // Before it is there: until then it is not at the base, and so not the one that counts.
            try changeState(of: container.id) { $0.tags = $0.tags.filter { $0 != tag } + [tag] }
        }
        let summary = String(decoding: commit.message.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        try move(
            "commit \(container.name)\(tag.map { " to \($0)" } ?? ""): \(summary)",
            tag.map { [RefMove(ref: $0.ref, old: position, new: id)] } ?? [],
            bases: [BaseMove(container: container.id, old: state.base, new: id, upper: state.upper)], writer: writer,
            by: author)
        record(.commit, of: container, [.init("commit", id.hex)])
        return id
    }

    /// The tag that the container's next commit moves: of the one that it was made from and those that it was committed to,
    /// the latest that is at its base. So it follows a commit to another tag, and `undo` of that as well. Where none is at
    /// its base, the latest, which was moved by somebody else.
    public func tag(of container: Container, _ state: ContainerState) throws -> TagName? {
        let store = try store()
        let tags = [container.tag].compactMap { $0 } + state.tags
        return try tags.last { try store.ref($0.ref) == state.base } ?? tags.last
    }

    private func capturedTree(
        _ container: Container, _ state: ContainerState, _ request: CommitRequest, base: ObjectID,
        to writer: ObjectWriter, holding lock: borrowing FileLock
    ) throws -> ObjectID {
        let store = try store()
        if request.pauses, case .running = state.status {
            // The capture flushes too; of what is flushed now it has nothing left to do while the container stands still.
            let upper = KernelPath(files(of: container.id).upper(state.upper))
            if try Files.exists(upper) { try Files.openDirectory(upper).synchronizeFilesystem() }
        }
        let all = try withFrozen(container, state, if: request.pauses, holding: lock) {
            try capture(container, state, to: writer, isStored: { try store.containsBody($0, size: $1, holes: $2) })
        }
        return request.paths.isEmpty ? all : try writer.graft(request.paths, from: all, onto: base, writingTo: writer)
    }
}
