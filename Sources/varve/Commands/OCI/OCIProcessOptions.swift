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
        let ids = try userIDs()
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
        if let ids {
            result.user.uid = ids.uid
            if let gid = ids.gid { result.user.gid = gid }
        }
        result.user.additionalGroups += groups
        try change(&result.capabilities)
        return result
    }

    /// What `--user` says; nil where it was not given.
    private func userIDs() throws -> (uid: UInt32, gid: UInt32?)? {
        guard let user else { return nil }
        let parts = user.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { UInt32($0) }
        guard (1...2).contains(parts.count), numbers.count == parts.count else {
            throw UsageError("exec: --user \(user): it takes UID or UID:GID")
        }
        return (numbers[0], numbers.count == 2 ? numbers[1] : nil)
    }

    private func change(_ sets: inout Specification.Capabilities) throws {
        guard !capabilities.isEmpty else { return }
        let more = try CapabilitySet(names: capabilities).bits
        for set in [\Specification.Capabilities.bounding, \.effective, \.permitted, \.inheritable, \.ambient] {
            sets[keyPath: set].bits |= more
        }
    }
}
