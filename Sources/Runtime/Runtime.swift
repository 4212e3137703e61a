import Glibc
import Linux
import Model

/// Runs containers from OCI configurations.
public enum Runtime {
    /// Starts the process of `specification` on `rootfs` and returns when its program is being executed, or with a gate when
    /// everything is set up.
    ///
    /// Unless told otherwise the container is killed when the calling *thread* ends, so call this on the thread that waits.
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
        // First: how devices are controlled decides what the mounts have to forbid, and a limit that can't be kept ends it.
        let groups = try ContainerGroups.open(
            specification.linux, claims: options.groupClaimed.map { GroupClaims([], $0) })
        do throws(RuntimeError) { return try run(specification, root, options, made, groups, filter) } catch {
            try groups.remove()
            throw error
        }
    }

    private static func run(
        _ specification: Specification, _ root: SharedDescriptor, _ options: RunOptions, _ made: MadePaths,
        _ groups: ContainerGroups, _ filter: SeccompProgram?
    ) throws(RuntimeError) -> RunningProcess {
        let identities = try Identities(specification.linux)
        let owner = try identities.host(ofUser: specification.process.user.uid)
        var mounts = try MountPlan(
            specification, root: root, made: made, devices: groups.deviceControl,
            groups: try groups.shown(in: specification.linux), identities: identities,
            bundle: options.bundle)
        let terminal = try openTerminal(specification.process, &mounts, owner: owner)
        try mounts.restrict(specification.linux)
        if options.makesWorkingDirectory { try makeWorkingDirectory(of: specification, in: mounts.view) }
        try closeRoot(root, specification, groups.deviceControl)
        let inner = terminal?.sides.inner.raw ?? -1
        let streams = try HeldStreams.open(options.streams, terminal: inner, owner: owner)
        let hooks = try StartHooks(specification, options)
        let joined = try JoinedNamespaces(specification)
        var plan = try LaunchPlan(
            specification.process, streams: streams.raw, terminal: inner,
            passed: try PassedDescriptors(options.passedDescriptors), filter: filter, gate: hooks.gate,
            isTied: options.isTiedToCaller, hasInit: options.hasInit, handsOver: joined.pid != nil)
        try plan.make(
            LaunchPlan.Container(
                specification: specification, root: root, identities: identities, joined: joined,
                groups: try groups.entrance(), asks: hooks.areAsked, pivots: options.pivots,
                keepsKeyring: options.keepsKeyring, hookInput: hooks.input),
            mounts)
        let process = try plan.launch(kind: { mounts.view.kind(at: $0) }, prepared: hooks.runAtCreation)
        return try hooks.start(
            RunningProcess(
                process: process, terminal: terminal, relays: streams.relays, groups: groups,
                madePaths: made.mountPoints))
    }

    private static func makeWorkingDirectory(
        of specification: Specification, in view: borrowing RootView
    ) throws(RuntimeError) {
        let directory = specification.process.workingDirectory
        do throws(SystemError) { try view.makeDirectory(directory) } catch {
            throw RuntimeError(.failed, "make working directory", directory.displayed, error.cause)
        }
    }

    private static func openTerminal(
        _ process: Specification.Process, _ mounts: inout MountPlan, owner: UInt32
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
            try system("change owner of", "terminal") { fchown(terminal.inner.raw, owner, gid_t.max) }
            return ContainerTerminal(terminal)
        }
    }

    /// Whatever had to be made in the root has been made; from here on it may be read-only.
    private static func closeRoot(
        _ root: SharedDescriptor, _ specification: Specification, _ control: DeviceControl
    ) throws(RuntimeError) {
        var attributes: MountAttributes = specification.root.isReadOnly ? .readOnly : []
        // The mount comes without devices; they are let in where something else says which may be opened.
        let opensDevices = control != .mounts
        if !opensDevices { attributes.formUnion(.noDevices) }
        try doing("restrict", "container root") { () throws(SystemError) in
            try Mounts.setAttributes(root.descriptor, set: attributes, clear: opensDevices ? .noDevices : [])
        }
    }
}
