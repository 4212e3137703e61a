import Linux
import Model

extension Repository {
    /// Waits until nobody else works on the container.
    func lock(_ container: Container) throws -> FileLock {
        let lock: FileLock
        do throws(SystemError) { lock = try FileLock.acquire(files(of: container.id).lock) } catch {
            if error.errno == .noEntry { throw EngineError.unknownContainer(container.name, near: []) }
            throw error
        }
        try endAbandonedFreeze(of: container)
        return lock
    }

    func withLock<Result>(_ container: Container, _ body: () throws -> Result) throws -> Result {
        let lock = try lock(container)
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    /// As ``withLock(_:_:)``, for who changes nothing and so is content with a lock that a read-only filesystem gives.
    func withLockToLook<Result>(_ container: Container, _ body: () throws -> Result) throws -> Result {
        do { return try withLock(container, body) } catch let error as SystemError where error.errno == .readOnly {}
        let lock = try FileLock.acquireShared(files(of: container.id).lock)
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    /// The right to have a process in the container, which nothing else has meanwhile.
    /// - Throws: `containerRunning` where something has it, `containerCopied` where that is a copy.
    func claimRunning(_ container: Container) throws -> FileLock {
        do throws(SystemError) {
            if let lock = try FileLock.acquireIfFree(files(of: container.id).running) { return lock }
        } catch {
            if error.errno == .noEntry { throw EngineError.unknownContainer(container.name, near: []) }
            throw error
        }
        if try FileLock.isHeld(files(of: container.id).copying) { throw EngineError.containerCopied(container.name) }
        throw EngineError.containerRunning(container.name)
    }
}
