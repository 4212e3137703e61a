import Glibc
import Linux
import Model

extension Repository {
    /// Calls `body` with a view of the container's files, and with what `path` is in it. A running container is seen as its
    /// first process sees it, with all that is mounted; of one that does not run the root is mounted for the moment, and a
    /// path in a volume leads to that.
    /// - Parameter isWriting: whether what the container may not write to is refused.
    func withFiles<Result>(
        of container: Container, at path: [UInt8], forWriting isWriting: Bool,
        _ body: (CopyPath, FilesystemView) throws -> Result
    ) throws -> Result {
        // Whether it runs may change meanwhile.
        for _ in 0..<10 {
            if case .running(let first) = try state(of: container).status {
                guard let root = try runningRoot(first) else { continue }
                let namespace = container.configuration.security.userNamespace
                let view = FilesystemView(root: root, ids: namespace.shifts)
                // Nobody else can make files there.
                guard isWriting, let owners = try namespace.owners() else { return try body(CopyPath(path), view) }
                return try owners.makingAsRoot { try body(CopyPath(path), view) }
            }
            guard let running = try FileLock.acquireIfFree(files(of: container.id).running) else { continue }
            defer { withExtendedLifetime(running) {} }
            // Whoever finds the lock held takes what the state tells for true.
            try settle(container, holding: running)
            return try withLock(container) { try withStopped(container, at: path, forWriting: isWriting, body) }
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

    private func withStopped<Result>(
        _ container: Container, at path: [UInt8], forWriting isWriting: Bool,
        _ body: (CopyPath, FilesystemView) throws -> Result
    ) throws -> Result {
        try requireRecovered()
        try requireUpperDirectories()
        try endLeftovers(of: container)
        let state = try state(of: container)
        let names = CopyPath.names(path)
        let mounts = container.configuration.storage.mounts.filter {
            $0.source != .tmpfs && BytePath(names).isWithin($0.destination)
        }
        let mount = mounts.max { $0.destination.names.count < $1.destination.names.count }
        if isWriting, mount?.isReadOnly ?? container.configuration.isReadOnly {
            throw CopyPath(path).refusal("it is read-only in the container")
        }
        guard let mount, let source = try source(of: mount, of: container, state, isLasting: true) else {
            return try body(
                CopyPath(path), FilesystemView(root: try mountRoot(of: container, state, isAsInside: false)))
        }
        let directory: Descriptor
        do throws(SystemError) {
            directory = try Files.open(KernelPath(source), flags: Files.placeOnly | O_DIRECTORY)
        } catch { throw CopyPath(path).refusal("\(source), which is mounted there: \(error.cause)") }
        let rest = BytePath(Array(names.dropFirst(mount.destination.names.count)))
        return try body(CopyPath(path, bytes: rest.bytes), FilesystemView(root: directory))
    }
}
