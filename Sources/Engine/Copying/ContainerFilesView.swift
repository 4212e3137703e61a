import Glibc
import Linux
import Model
import Runtime

extension Repository {
    /// Calls `body` with a view of the container's files. A running container is seen as its first process sees it, with all
    /// that is mounted; of one that does not run the root is mounted for the moment, with its volumes, and until `body` is done
    /// nobody starts or removes it.
    /// - Parameter isWriting: whether what the container may not write to is refused.
    func withFiles<Result>(
        of container: Container, at path: [UInt8], forWriting isWriting: Bool,
        _ body: (CopyPath, FilesystemView) throws -> Result
    ) throws -> Result {
        let path = CopyPath(path)
        do { return try withFiles(of: container, forWriting: isWriting) { try body(path, $0) } } catch let error
            as SystemError where isWriting && error.errno == .readOnly
        {
            throw path.refusal("it is read-only in the container")
        }
    }

    private func withFiles<Result>(
        of container: Container, forWriting isWriting: Bool, _ body: (FilesystemView) throws -> Result
    ) throws -> Result {
        // Whether it runs may change meanwhile, and takes a moment to be on record.
        for _ in 0..<100 {
            if case .running(let first) = try state(of: container).status {
                guard let root = try runningRoot(first) else { continue }
                let namespace = container.configuration.security.userNamespace
                let view = FilesystemView(root: root, ids: namespace.shifts)
                // Nobody else can make files there.
                guard isWriting, let owners = try namespace.owners() else { return try body(view) }
                return try owners.makingAsRoot { try body(view) }
            }
            // One copy at a time, since the root can be mounted only once.
            let copying = try FileLock.acquire(files(of: container.id).copying)
            guard let running = try FileLock.acquireIfFree(files(of: container.id).running) else {
                usleep(50_000)
                continue
            }
            defer {
                withExtendedLifetime(running) {}
                withExtendedLifetime(copying) {}
            }
            // Whoever finds the lock held takes what the state tells for true.
            try settle(container, holding: running)
            let view = try withLock(container) {
                FilesystemView(root: try stoppedRoot(of: container, forWriting: isWriting))
            }
            return try body(view)
        }
        throw EngineError.refused("copy", subject: container.name, reason: "it starts and ends again and again")
    }

    /// The root directory of the container's first process; nil where that has just ended.
    private func runningRoot(_ first: ProcessIdentity) throws(SystemError) -> Descriptor? {
        do throws(SystemError) {
            guard let process = try first.open() else { return nil }
            let root = try Files.open(KernelPath("/proc/\(first.pid)/root"), flags: Files.placeOnly | O_DIRECTORY)
            // The number was this process's throughout, and nobody else's.
            guard try !process.hasEnded() else { return nil }
            return root
        } catch {
            if error.errno == .noEntry || error.errno == .noSuchProcess { return nil }
            throw error
        }
    }

    /// The root of a container that does not run, with what would be mounted in it. The caller has the right to run it.
    private func stoppedRoot(of container: Container, forWriting isWriting: Bool) throws -> Descriptor {
        try requireRecovered()
        try requireUpperDirectories()
        try endLeftovers(of: container)
        let state = try state(of: container)
        let root = try mountRoot(of: container, state, isAsInside: false)
        let mounts = try volumeMounts(of: container, state, isLasting: true)
        let made: [MadePath]
        do throws(RuntimeError) { made = try RootMounts.attach(mounts, in: root) } catch {
            try noteMountPoints(error.madePaths, of: container)
            throw EngineError.refused(error.operation, subject: error.subject, reason: error.cause)
        }
        try noteMountPoints(made, of: container)
        if isWriting, container.configuration.isReadOnly { try Mounts.setAttributes(root, set: .readOnly) }
        return root
    }

    /// What was made only to mount on is no change of the container's.
    private func noteMountPoints(_ made: [MadePath], of container: Container) throws {
        if made.isEmpty { return }
        try changeState(of: container.id) { $0.mountPoints.formUnion(made.map(\.path)) }
    }
}
