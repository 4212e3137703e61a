import Glibc
import Linux
import Model

/// Runs containers from OCI configurations.
public enum Runtime {
    /// Starts the process of `specification` on `rootfs` and returns when its program is being executed.
    ///
    /// The container is killed when the calling *thread* ends, so call this on the thread that waits.
    /// When anything fails, no process, mount or control group is left behind; what was made in the root stays, and
    /// the error says what that is.
    /// - Parameter rootfs: a detached mount (``Mounts``), which becomes the container's root.
    public static func run(
        _ specification: Specification, rootfs: consuming Descriptor, options: RunOptions = RunOptions()
    ) throws(RuntimeError) -> RunningProcess {
        let made = MadePaths()
        do throws(RuntimeError) {
            return try run(specification, SharedDescriptor(rootfs), options, made)
        } catch {
            var error = error
            error.madePaths = made.all
            throw error
        }
    }

    private static func run(
        _ specification: Specification, _ root: SharedDescriptor, _ options: RunOptions, _ made: MadePaths
    ) throws(RuntimeError) -> RunningProcess {
        try specification.check()
        let filter = try SeccompProgram(specification.linux.seccomp, cache: options.seccompCache)
        var mounts = try MountPlan(specification, root: root, made: made)
        let terminal = try openTerminal(specification.process, &mounts)
        try mounts.restrict(specification.linux)
        if options.makesWorkingDirectory {
            let directory = specification.process.workingDirectory
            do throws(SystemError) { try mounts.view.makeDirectory(directory) } catch {
                throw RuntimeError(.failed, "make working directory", directory.displayed, error.cause)
            }
        }
        try closeRoot(root, specification)
        let inner = terminal?.sides.inner.raw ?? -1
        let streams = try HeldStreams.open(options.streams, terminal: inner, owner: specification.process.user.uid)
        let group = try OptionalControlGroup.open(specification.linux.cgroupsPath)
        do throws(RuntimeError) {
            let plan = try LaunchPlan(
                specification, root: root, mounts: mounts, workingDirectory: specification.process.workingDirectory,
                streams: streams.raw, terminal: inner, controlGroup: group.raw, filter: filter)
            let process = try plan.launch(specification, in: mounts.view)
            return RunningProcess(
                process: process, terminal: terminal, relays: streams.relays, group: group, madePaths: made.mountPoints)
        } catch {
            try group.remove()
            throw error
        }
    }

    private static func openTerminal(
        _ process: Specification.Process, _ mounts: inout MountPlan
    ) throws(RuntimeError) -> ContainerTerminal? {
        guard process.hasTerminal else { return nil }
        guard let devpts = mounts.devpts else {
            throw RuntimeError(.refused, "open terminal", "", "the specification mounts no devpts")
        }
        try mounts.addConsole()
        return try doing("open terminal") { () throws(SystemError) in
            let terminal = try PseudoTerminal.open(in: devpts.reference)
            if let size = process.consoleSize { try terminal.inner.setTerminalSize(size) }
            // The user has to be able to open it by name, as /dev/stdout does.
            try system("change owner of", "terminal") { fchown(terminal.inner.raw, process.user.uid, gid_t.max) }
            return ContainerTerminal(terminal)
        }
    }

    /// Whatever had to be made in the root has been made; from here on it may be read-only.
    private static func closeRoot(
        _ root: SharedDescriptor, _ specification: Specification
    ) throws(RuntimeError) {
        var attributes: MountAttributes = specification.root.isReadOnly ? .readOnly : []
        // The mount comes without devices; who is allowed all of them gets those of the root too.
        let opensDevices = specification.linux.resources.allowsAllDevices
        if !opensDevices { attributes.formUnion(.noDevices) }
        try doing("restrict", "container root") { () throws(SystemError) in
            try Mounts.setAttributes(root.descriptor, set: attributes, clear: opensDevices ? .noDevices : [])
        }
    }
}

/// What a run is told beside the specification.
public struct RunOptions: Sendable {
    public var streams: StandardStreams
    /// Whether a working directory that does not exist is made.
    public var makesWorkingDirectory: Bool
    /// Where compiled filters of system calls are kept; nil to compile each time.
    public var seccompCache: SeccompCache?

    public init(streams: StandardStreams = StandardStreams(), makesWorkingDirectory: Bool = false) {
        self.streams = streams
        self.makesWorkingDirectory = makesWorkingDirectory
    }
}

extension Specification {
    /// Refuses what would act on the host or can't be right.
    func check() throws(RuntimeError) {
        func refuse(_ field: String, _ why: String) throws(RuntimeError) {
            throw RuntimeError(.refused, "run", field, why)
        }
        try refuseUnexecuted()
        if !linux.namespaces.contains(.mount) { try refuse("linux.namespaces", "a mount namespace is required") }
        for name in [hostname, domainname].compactMap({ $0 }) where name.utf8.count > 64 {
            throw RuntimeError(.refused, "set host name", name, "it is longer than 64 bytes")
        }
        if hostname != nil || domainname != nil, !linux.namespaces.contains(.uts) {
            try refuse("hostname", "it would rename the host without a uts namespace")
        }
        if process.arguments.isEmpty { try refuse("process.args", "there is no program") }
        let texts = process.arguments + process.environment
        if texts.contains(where: { $0.bytes.contains(0) }) { try refuse("process", "a text holds a NUL byte") }
        if [hostname, domainname].contains(where: { $0?.utf8.contains(0) == true }) {
            try refuse("hostname", "it holds a NUL byte")
        }
    }
}
