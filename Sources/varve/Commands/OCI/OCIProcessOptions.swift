import ArgumentParser
import Linux
import Model
import OCIRuntime
import Runtime

/// What `exec` takes about its process: a document that says it all, or flags that change the container's own.
struct OCIProcessOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "A file with all of it, as config.json's process; no other flag then.")
    var process: String?
    @Option(help: "The working directory.") var cwd: String?
    @Option(name: .shortAndLong, help: "Set a variable: NAME=value.") var env: [String] = []
    @Flag(name: .shortAndLong, help: "Give it a terminal.") var tty = false
    @Option(name: .shortAndLong, help: "The user: UID[:GID].") var user: String?
    @Option(name: [.customShort("g"), .customLong("additional-gids")], help: "A further group.") var groups: [UInt32] =
        []
    @Option(name: .customLong("process-label"), help: "SELinux's context.") var label: String?
    @Option(help: "The AppArmor profile.") var apparmor: String?
    @Flag(name: .customLong("no-new-privs"), help: "No program that it executes gives it more rights.")
    var noNewPrivileges = false
    @Option(name: [.customShort("c"), .customLong("cap")], help: "A capability that it gets, too.") var capabilities:
        [String] = []
    @Option(help: "Refused: the process is in the container's control groups.") var cgroup: [String] = []

    func validate() throws {
        if !cgroup.isEmpty { throw ValidationError("exec: --cgroup: this runtime does not implement it") }
    }

    /// - Parameter own: the container's own process.
    func process(
        _ command: [String], like own: () throws -> Specification.Process
    ) throws -> Specification.Process {
        if let process {
            guard command.isEmpty else { throw UsageError("exec: --process \(process): the command is in that file") }
            let file = try StandardInput.open(process)
            return try Specification.Process(parsing: try JSON(parsing: try file.readAll(limit: 64 << 20)))
        }
        guard !command.isEmpty else { throw UsageError("exec: process args cannot be empty") }
        var result = try own()
        result.arguments = command.map { ByteName($0) }
        result.hasTerminal = tty
        result.consoleSize = nil
        result.environment += env.map { ByteName($0) }
        if let cwd {
            guard cwd.hasPrefix("/"), let path = BytePath(parsing: cwd.utf8) else {
                throw UsageError("exec: --cwd \(cwd): it is no absolute path without ..")
            }
            result.workingDirectory = path
        }
        if let label { result.selinuxLabel = label }
        if let apparmor { result.apparmorProfile = apparmor }
        if noNewPrivileges { result.noNewPrivileges = true }
        try change(&result.user)
        try change(&result.capabilities)
        return result
    }

    private func change(_ user: inout Specification.User) throws {
        if let text = self.user {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let numbers = parts.compactMap { UInt32($0) }
            guard (1...2).contains(parts.count), numbers.count == parts.count else {
                throw UsageError("exec: --user \(text): it takes UID or UID:GID")
            }
            user.uid = numbers[0]
            if numbers.count == 2 { user.gid = numbers[1] }
        }
        user.additionalGroups += groups
    }

    private func change(_ sets: inout Specification.Capabilities) throws {
        guard !capabilities.isEmpty else { return }
        let more = try CapabilitySet(names: capabilities).bits
        for set in [\Specification.Capabilities.bounding, \.effective, \.permitted, \.inheritable, \.ambient] {
            sets[keyPath: set].bits |= more
        }
    }
}
