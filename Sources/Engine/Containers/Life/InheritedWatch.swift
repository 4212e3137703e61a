import Glibc
import Linux
import Model

/// What a varve that a supervisor has started goes on with: the supervisor's descriptors, and with them the right to run the
/// container.
final class InheritedWatch {
    let container: Container
    let lock: FileLock
    /// The supervisor's own file, to be executed again.
    let supervisor: Executable

    /// - Throws: where this process was not started by the container's supervisor.
    init(of id: String, in repository: Repository) throws {
        let path = repository.files(of: id).running
        func inherited(_ number: SupervisorDescriptor) throws(SystemError) -> Descriptor {
            let raw = number.rawValue
            try system("find descriptor", "\(raw)") { fcntl(raw, F_SETFD, FD_CLOEXEC) }
            return Descriptor(owning: raw)
        }
        let lock: FileLock
        do throws(SystemError) { lock = FileLock(adopting: try inherited(.running)) } catch {
            throw EngineError.refused("supervise", subject: id, reason: "only a container's supervisor asks for this")
        }
        guard try lock.isOf(path), try FileLock.isHeld(path) else {
            throw EngineError.refused("supervise", subject: id, reason: "only a container's supervisor asks for this")
        }
        guard let container = try repository.container(id: id) else { throw EngineError.unknownContainer(id, near: []) }
        self.container = container
        self.lock = lock
        do { supervisor = Executable(owning: try inherited(.input)) } catch {
            supervisor = try SupervisorProgram.find()
        }
    }
}

extension Repository {
    /// What a supervisor becomes when its container's command has ended: puts that on record, and waits for the next start
    /// where the restart policy says so, or removes the container where it is to be removed.
    /// - Parameters:
    ///   - id: the container's.
    ///   - isStopping: whether the supervisor was asked to end, so that nothing is to be started.
    public func superviseEnd(
        of id: String, code: Int32, signal: Int32, isStopping: Bool, environment: [String]
    ) throws {
        let watch = try InheritedWatch(of: id, in: self)
        let container = watch.container
        let state = try state(of: container)
        let end = RunRecord(run: state.life.run, code: code, signal: signal, time: Timestamp.clock())
        if container.configuration.lifecycle.isRemovedAtEnd {
            return try removeEnded(container, end, holding: watch.lock, reap: Self.reap)
        }
        func isStartWanted(_ state: ContainerState) -> Bool {
            !isStopping && !state.life.isStopAsked
                && container.restartPolicy(in: state).restarts(after: code, restarts: state.life.restarts)
        }
        var patience = RecordingPatience()
        let status = try recordEnd(
            end, of: container,
            isWorthAnotherTry: { error in
                // Of an end that nothing comes after, whoever looks next finds the record in `running`.
                guard error.isWantOfRoom, isStartWanted(state) else { return false }
                patience.wait(after: error)
                return true
            }
        ) { state in
            guard isStartWanted(state) else { return .exited(code: code) }
            let seconds = end.time.seconds - (state.started ?? end.time.seconds)
            state.life.delay = RestartPolicy.delay(after: state.life.delay, running: seconds)
            return .restarting(code: code)
        }
        tell(patience, of: container, "the end of run \(end.run)")
        // Until now its number was its own.
        try Self.reap()
        guard case .restarting = status else { return }
        let delay = try self.state(of: container).life.delay
        try pause(watch, milliseconds: delay, environment: environment)
    }

    /// The container's first process, which is a child of this process as it was one of the supervisor's.
    private static func reap() throws {
        let raw = SupervisorDescriptor.process.rawValue
        do throws(SystemError) {
            _ = try ProcessHandle(pid: 0, owning: Descriptor(owning: raw)).wait()
        } catch {
            // There is none to be waited for.
            guard error.errno == Errno(rawValue: ECHILD) || error.errno == Errno(rawValue: EBADF) else { throw error }
        }
    }

    private func pause(_ watch: InheritedWatch, milliseconds: Int64, environment: [String]) throws -> Never {
        let id = watch.container.id
        let varve = try Executable.own()
        let directory = try Files.openDirectory(KernelPath(files(of: id).directory))
        let words = ["varve-supervisor", "pause", "\(milliseconds)", "root=\(try absoluteRoot())", "id=\(id)"]
        throw watch.supervisor.become(
            words, environment: environment, given: [varve.descriptor, directory.raw, watch.lock.raw])
    }

    /// What a supervisor becomes that has waited: starts the container again, and is its supervisor then.
    public func superviseStart(of id: String, environment: [String]) throws {
        let watch = try InheritedWatch(of: id, in: self)
        let container = watch.container
        guard try isStartWanted(container) else { return try endRestarting(container, nil) }
        var request = SupervisedStart()
        request.environment = environment
        do {
            throw try become(watch.supervisor, of: container, request, holding: watch.lock, isAgain: true)
        } catch {
            try endRestarting(container, "\(error)")
            throw error
        }
    }

    /// Nobody has asked for the end meanwhile, nor changed the policy.
    private func isStartWanted(_ container: Container) throws -> Bool {
        let state = try state(of: container)
        guard case .restarting(let code) = state.status, !state.life.isStopAsked else { return false }
        return container.restartPolicy(in: state).restarts(after: code, restarts: state.life.restarts)
    }

    /// What a supervisor becomes that was asked to end while it waited.
    public func superviseStop(of id: String) throws {
        let watch = try InheritedWatch(of: id, in: self)
        try endRestarting(watch.container, nil)
    }

    /// - Parameter failure: why it can't be started again.
    private func endRestarting(_ container: Container, _ failure: String?) throws {
        var patience = RecordingPatience()
        while true {
            do {
                try withLock(container) {
                    try changeState(of: container.id) { state in
                        guard case .restarting(let code) = state.status else { return }
                        state.status = .exited(code: code)
                        state.life.keeper = nil
                        state.life.failure = failure
                    }
                }
                return tell(patience, of: container, "that it is not started again")
            } catch let error as SystemError where error.isWantOfRoom { patience.wait(after: error) }
        }
    }
}
