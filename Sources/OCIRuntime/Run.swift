import Linux
import Runtime

extension Containers {
    /// Makes a container, starts it, and stays until its program has ended.
    /// - Parameters:
    ///   - isKept: whether it is left there then.
    ///   - console: whose terminal, or whose streams, the program uses.
    /// - Returns: the exit code, or 128 + the signal that ended it.
    public func run(_ request: CreateRequest, isKept: Bool, console: Console) throws -> Int32 {
        // Until here a signal ends this process, from here on it is the container's.
        let signals = try ForwardedSignals.hold()
        let process = try startAttached(request, console)
        let code: Int32
        do { code = try process.supervise(signals, console: console) } catch {
            // It has been killed: nobody would have seen to it any more.
            do { try clear(request, isKept) } catch let further { request.warned("\(further)") }
            throw error
        }
        try clear(request, isKept)
        return code
    }

    private func clear(_ request: CreateRequest, _ isKept: Bool) throws {
        if !isKept { try delete(request.id, isForced: true, warned: request.warned) }
    }

    /// The container's lock is free again when this returns: others may do what they like to it.
    private func startAttached(_ request: CreateRequest, _ console: Console) throws -> RunningProcess {
        var bundle = try Bundle(at: request.bundle)
        let hasTerminal = bundle.specification.process.hasTerminal
        _ = try ConsoleSocket.connect(request.consoleSocket, isDetached: false, hasTerminal: hasTerminal)
        if hasTerminal, bundle.specification.process.consoleSize == nil {
            bundle.specification.process.consoleSize = try console.size()
        }
        let container = try makePlace(for: bundle, request)
        let process = try orDestroying(container, request.warned) {
            let process = try launch(container, request, StandardStreams(input: 0), isTied: true)
            try complete(container, process.process.pid, request)
            return process
        }
        try start(container, request.warned)
        return process
    }

    /// The same, without staying: the container outlives the caller.
    public func runDetached(_ request: CreateRequest) throws {
        try start(try makeDetached(request), request.warned)
    }
}
