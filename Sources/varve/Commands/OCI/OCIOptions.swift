import ArgumentParser
import Glibc
import OCIRuntime

/// What every command takes that does something with containers, in front of its name.
struct OCIOptions: ParsableArguments {
    @OptionGroup var common: OCICommonOptions
    @Option(
        help: "Whether a container without limits may run without control groups: true, false or auto (not for root).")
    var rootless: Rootless = .auto

    enum Rootless: String, ExpressibleByArgument {
        case `true`, `false`, auto
    }

    var containers: Containers { Containers(root: common.root ?? Self.defaultRoot) }

    private static var defaultRoot: String {
        if geteuid() != 0, let directory = Environment["XDG_RUNTIME_DIR"], !directory.isEmpty {
            return "\(directory)/varve-oci"
        }
        return "/run/varve-oci"
    }

    var toleratesNoControlGroup: Bool {
        switch rootless {
        case .true: true
        case .false: false
        case .auto: geteuid() != 0
        }
    }

    /// Something that is not as it should be, and keeps nothing from being done.
    func warn(_ text: String) { common.journal.write(.warning, text) }
}

/// What every command takes.
struct OCICommonOptions: ParsableArguments {
    @Option(
        help:
            "Where containers' states are (default: /run/varve-oci, or $XDG_RUNTIME_DIR/varve-oci for others than root)."
    )
    var root: String?
    @Option(help: "A file to write errors and warnings to, beside standard error.") var log: String?
    @Option(name: .customLong("log-format"), help: "text or json.") var logFormat: OCILog.Format = .text
    @Flag(help: "Write to the log what is done, too.") var debug = false
    @Flag(name: .customLong("systemd-cgroup"), help: "Refused: control groups are made by path alone.")
    var usesSystemd = false

    func validate() throws {
        if usesSystemd { throw ValidationError("--systemd-cgroup: this runtime does not implement it") }
    }

    var journal: OCILog { OCILog(path: log, format: logFormat, isDetailed: debug) }
}
