import Glibc
import Linux
import Model

/// A run of a container as another process looks at it: the first process and the one that watches it, which are certainly
/// theirs, and the file that tells how the run ends.
struct ObservedRun: ~Copyable {
    let container: Container
    let run: UInt64
    /// Nil while the restart policy waits.
    let process: ProcessHandle?
    /// The process that watches the container. When it has ended, all about the run is on record.
    let keeper: ProcessHandle
    private let record: Descriptor

    /// How the run ended; nil while it goes on.
    func end() throws -> RunRecord? { try RunRecord.read(run, from: record) }

    init(
        container: Container, run: UInt64, process: consuming ProcessHandle?, keeper: consuming ProcessHandle,
        record: consuming Descriptor
    ) {
        self.container = container
        self.run = run
        self.process = process
        self.keeper = keeper
        self.record = record
    }
}

extension Repository {
    /// The container's present run; nil where nothing watches it.
    ///
    /// Numbers of processes are used again, so both are known by the time when they were started too. The first one stays a
    /// zombie until its end is on record.
    func observe(_ container: Container) throws -> ObservedRun? {
        try settle(container)
        while let state = try stateIfPresent(of: container), state.status.isAlive {
            let record: Descriptor
            do throws(SystemError) {
                record = try Files.open(KernelPath(files(of: container.id).running), flags: O_RDONLY | O_NOFOLLOW)
            } catch {
                if error.errno == .noEntry { return nil }
                throw error
            }
            if let run = try observe(container, as: state, record) { return run }
            // It has just ended, and that is on record in a moment.
            usleep(1000)
        }
        return nil
    }

    /// Nil where the container is not as the state says any more.
    private func observe(
        _ container: Container, as state: ContainerState, _ record: consuming Descriptor
    ) throws -> ObservedRun? {
        guard let keeper = try state.life.keeper?.open() else { return nil }
        var process: ProcessHandle?
        if case .running(let first) = state.status {
            guard let handle = try first.openUnlessReaped() else { return nil }
            process = consume handle
        }
        guard try isUnchanged(state, of: container) else { return nil }
        return ObservedRun(container: container, run: state.life.run, process: process, keeper: keeper, record: record)
    }

    private func isUnchanged(_ state: ContainerState, of container: Container) throws -> Bool {
        guard let now = try stateIfPresent(of: container) else { return false }
        return now.status == state.status && now.life.run == state.life.run
    }
}

/// Tells when something changes in a run's directory, or the run ends.
struct RunWatch: ~Copyable {
    let run: ObservedRun
    /// Nil where the directory is gone: of that nothing changes any more.
    private let files: FileWatch?

    init(_ run: consuming ObservedRun, directory: String) throws(SystemError) {
        do throws(SystemError) { files = try FileWatch.of(directory: KernelPath(directory)) } catch {
            guard error.errno == .noEntry else { throw error }
            files = nil
        }
        self.run = run
    }

    /// Returns when something has changed since the last call, or nothing will any more.
    /// - Parameter output: a descriptor that is written to; nil for none.
    /// - Returns: false where nobody reads that any more.
    @discardableResult
    func wait(writingTo output: Int32? = nil) throws(SystemError) -> Bool {
        switch files {
        case .some(let files): return try files.wait(orEndOf: run.keeper, writingTo: output)
        case .none: return try run.keeper.waitForEnd(until: nil)
        }
    }
}
