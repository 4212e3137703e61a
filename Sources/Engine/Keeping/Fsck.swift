import Glibc
import Linux
import Model
import ObjectStore

/// Something damaged, and what it affects.
public struct Problem: Sendable, Hashable {
    public struct Place: Sendable, Hashable {
        public let commit: ObjectID
        /// `debian:12~3`, or the abbreviated id.
        public let name: String
        /// Nil where all of the commit is meant.
        public let path: BytePath?
    }

    public let damage: Damage
    /// The commits and the places in them, those nearest to tags first; empty where no commit is concerned.
    public var places: [Place] = []
    /// Whether it was mended.
    public var isRepaired = false
}

/// What a check found.
public struct CheckResult: Sendable {
    public var problems: [Problem] = []
    public var objects = 0
    public var bodies = 0
    public var commits = 0
    public var layers = 0
    public var blobs = 0
    public var images = 0
    public var containers = 0
    /// How many bytes were read of what is stored.
    public var bytes: UInt64 = 0
}

/// How far a check is.
public enum CheckProgress: Sendable {
    case objects(done: Int, total: Int)
    /// Bytes.
    case bodies(done: UInt64)
    case commits(done: Int, total: Int)
    case files
}

extension Repository {
    /// Reads all that is stored and compares it with its ids, digests and forms.
    /// - Parameters:
    ///   - repairs: whether damaged caches are removed, which are made again when they are needed.
    ///   - progress: called now and then, from any thread.
    public func check(repairs: Bool, progress: (CheckProgress) -> Void = { _ in }) throws -> CheckResult {
        let store = try store()
        // Nothing is to go while it is looked for.
        let hold = try store.holdOffCollection()
        defer { withExtendedLifetime(hold) {} }
        let found = StoreCheck(store)
        try found.checkObjects { progress(.objects(done: $0, total: $1)) }
        try found.checkBodies { progress(.bodies(done: $0)) }

        let commits = try CommitCheck(self, found)
        try commits.run(progress)
        progress(.files)
        var result = CheckResult()
        (result.objects, result.bodies) = (found.objects.count, found.bodies.count)
        (result.commits, result.layers) = (commits.count, commits.layers)
        result.bytes = found.bytes
        result.problems += try found.damagedFiles.map { try repaired($0, repairs) }
        result.problems += try store.checkLogs().map { Problem(damage: $0) }
        result.problems += commits.problems
        result.problems += commits.needless.map { Problem(damage: $0) }
        try checkBlobs(&result)
        try checkContainers(found, &result)
        try checkImages(found, repairs: repairs, &result)
        return result
    }

    private func repaired(_ damage: Damage, _ repairs: Bool) throws -> Problem {
        var problem = Problem(damage: damage)
        if repairs, damage.subject == "commit-graph" {
            try store().removeCommitGraph()
            problem.isRepaired = true
        }
        return problem
    }

    private func checkBlobs(_ result: inout CheckResult) throws {
        for (path, digest) in try keptBlobs() {
            // Garbage.
            guard let digest else { continue }
            let file = try Files.open(KernelPath(path), flags: O_RDONLY | O_NOFOLLOW)
            result.blobs += 1
            result.bytes += try file.status().size
            let actual = try Digest(digest.algorithm, of: file)
            if actual != digest {
                result.problems.append(
                    Problem(damage: Damage("compressed layer \(digest.hex)", "its content hashes to \(actual.hex)")))
            }
        }
    }

    private func checkContainers(_ found: StoreCheck, _ result: inout CheckResult) throws {
        for damaged in try damagedContainers() {
            result.problems.append(Problem(damage: Damage("container \(damaged.name)", damaged.reason)))
        }
        for (container, state) in try containerStates() {
            result.containers += 1
            for id in Set([state.base, state.checkout]).sorted() where try found.object(id)?.kind != .commit {
                result.problems.append(
                    Problem(
                        damage: Damage("container \(container.name)", "commit \(id.hex), which it is on, is missing")))
            }
        }
        result.problems += try volumeProblems().map { Problem(damage: $0) }
    }
}
