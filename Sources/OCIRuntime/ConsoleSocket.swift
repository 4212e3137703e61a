import Linux
import Runtime

/// Where the outer side of a container's terminal is sent to (runc's docs/terminals.md): a UNIX socket that somebody listens at.
struct ConsoleSocket: ~Copyable {
    private let path: String
    private let socket: StreamSocket

    /// Nil where none is needed. Throws where there is one and nothing to send, or the other way round: nobody could ever
    /// type then.
    static func connect(_ path: String?, isDetached: Bool, hasTerminal: Bool) throws(OCIError) -> ConsoleSocket? {
        let isNeeded = isDetached && hasTerminal
        guard let path else {
            if !isNeeded { return nil }
            throw OCIError(
                .refused, "hand over terminal", "--console-socket",
                "cannot allocate tty if the container is detached without setting console socket")
        }
        guard isNeeded else {
            throw OCIError(
                .refused, "hand over terminal", path,
                "cannot use console socket if the container is not detached or has no tty")
        }
        do throws(SystemError) {
            return ConsoleSocket(path: path, socket: try StreamSocket.connect(to: path))
        } catch { throw OCIError(.failed, "connect to console socket", path, error.cause) }
    }

    /// Sends the terminal of a process.
    func send(_ process: borrowing ReleasedProcess) throws(OCIError) {
        switch process.terminal {
        case .some(let terminal): try send(terminal.outer)
        case .none: return
        }
    }

    private func send(_ terminal: borrowing Descriptor) throws(OCIError) {
        do throws(SystemError) {
            // The text is of no meaning, but there has to be some (unix(7)).
            try socket.send(terminal, with: Array("/dev/ptmx".utf8))
        } catch { throw OCIError(.failed, "send terminal to", path, error.cause) }
    }

    private init(path: String, socket: consuming StreamSocket) {
        self.path = path
        self.socket = socket
    }
}
