import Glibc
import Model

/// A command's result on standard output: buffered, coloured and paged where a person looks at it.
final class Output {
    private var buffer: [UInt8] = []
    private var descriptor = STDOUT_FILENO
    private var pager: pid_t?
    let isColoured: Bool
    /// Whether a terminal or a pager shows it.
    let isForPerson = StandardOutput.isTerminal

    /// - Parameter paging: whether a pager may be started, where standard output is a terminal.
    init(_ options: GlobalOptions, paging: Bool = false) {
        isColoured =
            StandardOutput.isTerminal && (Environment["NO_COLOR"] ?? "").isEmpty && Environment["TERM"] != "dumb"
        if paging, !options.noPager, StandardOutput.isTerminal { startPager() }
    }

    func line(_ text: String = "") {
        buffer.append(contentsOf: text.utf8)
        write(CollectionOfOne(UInt8(ascii: "\n")))
    }

    func json(_ value: JSON) { line(value.pretty()) }

    func write(_ bytes: some Collection<UInt8>) {
        buffer += bytes
        if buffer.count >= 1 << 16 { flush() }
    }

    func coloured(_ text: String, _ colour: Colour) -> String {
        isColoured ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
    }

    enum Colour: Int {
        case red = 31, green = 32, yellow = 33, cyan = 36, bold = 1
    }

    /// Brings everything out, and waits for the pager's end. To be called last.
    func finish() {
        flush()
        guard let pager else { return }
        close(descriptor)
        var status: Int32 = 0
        while waitpid(pager, &status, 0) < 0, errno == EINTR {}
    }

    /// A reader that went away is no failure of ours, but there is no point in going on.
    private func flush() {
        let bytes = buffer
        buffer = []
        guard !bytes.isEmpty, !put(bytes, to: descriptor) else { return }
        if errno == EPIPE, pager != nil { exit(0) }
        Self.failWriting()
    }

    /// Ends the command after a failed write, whose `errno` still stands: silently where the reader went away.
    static func failWriting() -> Never {
        if errno == EPIPE { exit(141) }
        StandardError.write("varve: write output: \(String(cString: strerror(errno)))\n")
        exit(3)
    }

    private func startPager() {
        let command = Environment["VARVE_PAGER"] ?? Environment["PAGER"] ?? "less"
        if command.isEmpty || command == "cat" { return }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return }
        guard fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0 else { return }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        // What fits on the screen is shown and left there, with its colours.
        setenv("LESS", "FRX", 0)
        let words = ["sh", "-c", command]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var pid: pid_t = 0
        let failure = posix_spawnp(&pid, "sh", &actions, nil, arguments, environ)
        close(ends[0])
        guard failure == 0 else {
            close(ends[1])
            return
        }
        signal(SIGPIPE, SIG_IGN)
        descriptor = ends[1]
        pager = pid
    }
}
