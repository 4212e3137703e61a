import Glibc
import Linux
import Model

extension Repository {
    /// Puts the end of a run on record. The caller has the right to run the container.
    /// - Parameters:
    ///   - isWorthAnotherTry: asked where it could not be put on record; returns when it is to be tried again.
    ///   - status: what comes after it.
    /// - Returns: the status.
    @discardableResult
    func recordEnd(
        _ end: RunRecord, of container: Container,
        isWorthAnotherTry: (SystemError) -> Bool = { _ in false },
        _ status: (inout ContainerState) -> ContainerState.Status
    ) throws -> ContainerState.Status {
        record(.die, of: container, end.attributes)
        var isOutOfMemory: Bool?
        while true {
            do {
                return try withLock(container) {
                    // Once: the groups can't be asked again.
                    let isOut = isOutOfMemory ?? endRest(of: container)
                    isOutOfMemory = isOut
                    return try recordEnd(end, of: container, isOutOfMemory: isOut, status)
                }
            } catch let error as SystemError where isWorthAnotherTry(error) { continue }
        }
    }

    private func recordEnd(
        _ end: RunRecord, of container: Container, isOutOfMemory: Bool,
        _ status: (inout ContainerState) -> ContainerState.Status
    ) throws -> ContainerState.Status {
        var result = ContainerState.Status.exited(code: end.code)
        // Only this: its base may have moved on meanwhile.
        try changeState(of: container.id) { state in
            state.finished = end.time.seconds
            state.life.signal = end.signal > 0 ? end.signal : nil
            state.life.isOutOfMemory = isOutOfMemory
            state.status = status(&state)
            if case .exited = state.status { state.life.keeper = nil }
            result = state.status
        }
        return result
    }

    /// What comes after the end of a container that goes with its command. It is removed without its end being put on record
    /// first: that may want room which only the removal makes.
    /// - Parameter reap: waits for its first process, when nothing but that is left of it; nil where its control groups have
    ///   ended with that already.
    func removeEnded(
        _ container: Container, _ end: RunRecord, holding running: borrowing FileLock, reap: (() throws -> Void)? = nil
    ) throws {
        record(.die, of: container, end.attributes)
        let isOutOfMemory = try reap != nil && withLock(container) { endRest(of: container) }
        try reap?()
        do { try remove(container, holding: running) } catch {
            // It stays, so whoever looks has to see how it ended.
            try withLock(container) {
                _ = try recordEnd(end, of: container, isOutOfMemory: isOutOfMemory) { _ in
                    .exited(code: end.code)
                }
            }
            throw error
        }
    }

    /// - Returns: whether the kernel killed a process of it for want of memory.
    private func endRest(of container: Container) -> Bool {
        let isOutOfMemory = endGroups(of: container)
        disconnectOrWarn(container)
        return isOutOfMemory
    }

    /// Ends what the container has left and its control groups. That it ended goes on record even where this fails, which the
    /// next start or removal tells of.
    /// - Returns: whether the kernel killed a process of it for want of memory.
    private func endGroups(of container: Container) -> Bool {
        var isOutOfMemory = false
        do {
            let groups = try controlGroups(of: container)
            isOutOfMemory = try groups.oomKills() ?? 0 > 0
            try groups.end()
        } catch { warned("end control groups: \(container.name): \(worded(error))") }
        if isOutOfMemory { record(.oom, of: container) }
        return isOutOfMemory
    }

    /// Puts on record how a run ended whose keeper was killed, ends what is left of it, and removes the container where its
    /// end was to be that of the container too. Does nothing where the container is as its state says.
    func settle(_ container: Container) throws {
        guard let state = try storedState(of: container.id), state.status.isAlive else { return }
        guard let lock = try FileLock.acquireIfFree(files(of: container.id).running) else { return }
        try settle(container, holding: lock)
    }

    /// As ``settle(_:)``, for who has just got the right to run the container.
    func settle(_ container: Container, holding lock: borrowing FileLock) throws {
        guard let state = try storedState(of: container.id), state.status.isAlive else { return }
        let end = try end(of: state, in: container)
        try recordEnd(end, of: container) { _ in .exited(code: end.code) }
        if container.configuration.lifecycle.isRemovedAtEnd { try remove(container, holding: lock) }
    }

    /// How the last run ended, of which the state does not tell yet although nobody is with it any more.
    func end(of state: ContainerState, in container: Container) throws -> RunRecord {
        if case .restarting(let code) = state.status {
            return RunRecord(
                run: state.life.run, code: code, signal: state.life.signal ?? 0,
                time: Timestamp(seconds: state.finished ?? Moment.now()))
        }
        let file: Descriptor
        do throws(SystemError) {
            file = try Files.open(KernelPath(files(of: container.id).running), flags: O_RDONLY | O_NOFOLLOW)
        } catch {
            guard error.errno == .noEntry else { throw error }
            // It is being removed.
            throw EngineError.unknownContainer(container.name, near: [])
        }
        if let record = try RunRecord.read(state.life.run, from: file) { return record }
        // Whoever was to tell was killed, and the container with it.
        return RunRecord(run: state.life.run, code: 137, signal: SIGKILL, time: Timestamp.clock())
    }
}

extension ContainerState.Status {
    /// Whether something watches the container, if nobody has killed it.
    public var isAlive: Bool {
        switch self {
        case .running, .restarting: true
        case .created, .exited: false
        }
    }
}
