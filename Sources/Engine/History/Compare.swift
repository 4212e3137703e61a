import Model
import ObjectStore
import Snapshot

/// The differences of two trees, and where the contents can be read.
public struct Comparison {
    public let changes: [Change]
    public let source: any ObjectSource
}

extension Repository {
    /// What the container changed since its base.
    /// - Parameter namesOnly: of what is new no attributes and contents are wanted.
    public func status(
        of container: Container, paths: [BytePath] = [], namesOnly: Bool = false
    ) throws -> Comparison {
        let scratch = WorkingObjects(over: try store(), isLazy: true, newFiles: namesOnly ? .listed : .seen)
        let base = try content(of: try state(of: container).base).fs
        while true {
            let changes = try Difference.between(base, try workingTree(of: container, in: scratch), in: scratch)
            guard let closer = scratch.newFiles.closer(for: changes) else {
                return Comparison(changes: wanted(changes, paths), source: scratch)
            }
            scratch.newFiles = closer
        }
    }

    /// `diff A`: a container against its base, a revision against its first parent. `diff A B`: A against B.
    public func diff(
        _ a: String, _ b: String?, paths: [BytePath] = [], namesOnly: Bool = false
    ) throws -> Comparison {
        if let b {
            let scratch = WorkingObjects(over: try store())
            return try compare(try tree(of: a, in: scratch), try tree(of: b, in: scratch), in: scratch, paths)
        }
        if let container = try containerIfPresent(a) {
            return try status(of: container, paths: paths, namesOnly: namesOnly)
        }
        return try changes(in: try resolve(a), paths: paths)
    }

    /// What a commit changed against its first parent.
    public func changes(in commit: ObjectID, paths: [BytePath] = []) throws -> Comparison {
        let parent = try store().commit(commit).parents.first
        let old = try parent.map { try content(of: $0).fs }
        return try compare(old, try content(of: commit).fs, in: try store(), paths)
    }

    private func compare(
        _ old: ObjectID?, _ new: ObjectID, in source: any ObjectSource, _ paths: [BytePath]
    ) throws -> Comparison {
        let changes = try Difference.between(old, new, in: source)
        return Comparison(changes: wanted(changes, paths), source: source)
    }

    private func wanted(_ changes: [Change], _ paths: [BytePath]) -> [Change] {
        paths.isEmpty ? changes : changes.filter { change in paths.contains { change.concerns($0) } }
    }
}

extension Change {
    /// Whether the change is at or below a path, or took something away from there.
    func concerns(_ path: BytePath) -> Bool {
        if case .renamed(let origin) = kind, origin.isWithin(path) { return true }
        return self.path.isWithin(path)
    }
}
