import Glibc
import Linux
import Model
import ObjectStore

/// Where a container's files are: `<root>/containers/<id>/…` (docs/storage.md).
struct ContainerFiles {
    let directory: String

    init(root: String, id: String) { directory = "\(root)/containers/\(id)" }

    var configuration: String { "\(directory)/container.json" }
    var state: String { "\(directory)/state.json" }
    var index: String { "\(directory)/index" }
    /// Held while something looks at the container's files or does something to it.
    var lock: String { "\(directory)/lock" }
    /// Held for the moment in which `state.json` is read and replaced. Nothing else is waited for meanwhile.
    var stateLock: String { "\(directory)/state.lock" }
    /// Held as long as a process runs in the container, or is to run in it again.
    var running: String { "\(directory)/running" }
    /// Held, beside ``running``, as long as files are copied to or from it while it does not run.
    var copying: String { "\(directory)/copying" }
    /// The networks that it is connected to at each start, where somebody changed that.
    var endpoints: String { "\(directory)/networks.json" }
    /// What is mounted at `/etc/hosts`, `/etc/resolv.conf` and `/etc/hostname`.
    var hosts: String { "\(directory)/hosts" }
    var resolvers: String { "\(directory)/resolv.conf" }
    var hostname: String { "\(directory)/hostname" }
    /// What the container has written, unless it is told not to keep that; `log.1` and so on are older.
    var log: String { "\(directory)/log" }
    /// Holds the directories of the anonymous volumes.
    var volumes: String { "\(directory)/volumes" }
    func upper(_ number: Int) -> String { "\(directory)/upper.\(number)" }
    func work(_ number: Int) -> String { "\(directory)/work.\(number)" }
}

extension Repository {
    func files(of id: String) -> ContainerFiles { ContainerFiles(root: root, id: id) }

    public func state(of container: Container) throws -> ContainerState {
        guard let state = try stateIfPresent(of: container) else {
            throw EngineError.unknownContainer(container.name, near: [])
        }
        return state
    }

    func stateIfPresent(of container: Container) throws -> ContainerState? {
        try recover()
        guard var state = try storedState(of: container.id) else { return nil }
        guard state.status.isAlive, try !isKept(container, state) else { return state }
        do { state.status = .exited(code: try end(of: state, in: container).code) } catch EngineError.unknownContainer {
            return nil
        }
        return state
    }

    /// Whether somebody watches the container of whom the state tells. A state that says running outlives a killed keeper; the
    /// lock does not, but whoever settles such a container, or changes its files, holds it too.
    private func isKept(_ container: Container, _ state: ContainerState) throws -> Bool {
        guard try isRunning(container), let keeper = state.life.keeper, try state.life.boot == Boot.current() else {
            return false
        }
        return try keeper.isAlive()
    }

    /// Nil where the container was removed.
    func storedState(of id: String) throws -> ContainerState? {
        try read(files(of: id).state, of: id, as: ContainerState.init(json:))
    }

    func setState(_ state: ContainerState, of id: String, isDurable: Bool = true) throws {
        try Files.replace(files(of: id).state, with: state.json.serialized(), isDurable: isDurable)
    }

    /// Changes some of a container's state, and leaves the rest as others set it; nothing where the container was
    /// removed. The holder of ``ContainerFiles/lock`` is not alone in this: whoever completes an interrupted
    /// operation moves bases, with no lock but the state's own.
    func changeState(of id: String, isDurable: Bool = true, _ change: (inout ContainerState) -> Void) throws {
        guard try Files.exists(KernelPath(files(of: id).directory)) else { return }
        let lock = try FileLock.acquire(files(of: id).stateLock)
        try withExtendedLifetime(lock) {
            guard var state = try storedState(of: id) else { return }
            let old = state
            change(&state)
            if state != old { try setState(state, of: id, isDurable: isDurable) }
        }
    }

    /// Whether a process runs in the container.
    func isRunning(_ container: Container) throws -> Bool {
        try FileLock.isHeld(files(of: container.id).running)
    }

    /// What an operation says of containers' bases, done. Doing it again changes nothing, whatever came after it:
    /// `upper` only grows, so a move from an earlier one was made; of those from the same one, which replace no files,
    /// doing the later ones again ends where they ended.
    func apply(_ moves: [BaseMove]) throws {
        for move in moves {
            do { try apply(move) } catch EngineError.damagedContainer {
                // It has no base to move, and must not keep all else from being done.
            }
        }
    }

    private func apply(_ move: BaseMove) throws {
        try changeState(of: move.container) { state in
            guard state.base == move.old, state.upper == move.upper else { return }
            state.base = move.new
            guard let content = move.newContent else { return }
            state.checkout = content
            state.upper += 1
            state.mountPoints = []
        }
    }
}
