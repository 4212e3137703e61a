import ArgumentParser
import Glibc
import OCIRuntime

/// What `create` and `run` take.
struct OCIBundleOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The bundle: a directory with config.json (default: the current one).")
    var bundle: String = "."
    @Option(name: .customLong("console-socket"), help: "A UNIX socket that is sent the terminal's outer side.")
    var consoleSocket: String?
    @Option(name: .customLong("pid-file"), help: "A file to write the pid to.") var pidFile: String?
    @Option(name: .customLong("preserve-fds"), help: "How many descriptors from 3 on are handed over, too.")
    var preserved: Int = 0
    @Flag(name: .customLong("no-pivot"), help: "Move the root on top of the old one, as on a ramdisk.")
    var noPivot = false
    @Flag(name: .customLong("no-new-keyring"), help: "Leave the caller's session keyring.") var noKeyring = false
    @Argument(help: "The container's id: letters, digits, _, +, - and .") var id: String

    func request(_ options: OCIOptions) throws -> CreateRequest {
        var request = CreateRequest(id: try ContainerID(id), bundle: bundle)
        request.consoleSocket = consoleSocket
        request.pidFile = pidFile
        request.passed = try Self.passed(preserved)
        request.pivots = !noPivot
        request.hasKeyring = !noKeyring
        request.toleratesNoControlGroup = options.toleratesNoControlGroup
        request.warned = options.warn
        return request
    }

    /// Those that systemd passed on are handed over unasked (sd_listen_fds(3)).
    static func passed(_ count: Int) throws -> PassedFiles {
        let isForUs = Environment["LISTEN_PID"].map { $0 == "\(getpid())" } ?? true
        let listening = isForUs ? Environment["LISTEN_FDS"].flatMap { Int($0) } ?? 0 : 0
        return try PassedFiles(listening: listening, others: count)
    }
}
