import CLinux
import Glibc
import Linux
import Model

/// The hooks of a start, and what they need of it (runtime-spec, config.md, "POSIX-platform Hooks").
struct StartHooks {
    private let specification: Specification
    private let options: RunOptions
    /// What `createContainer` hooks read; nil where there are none.
    let input: SharedDescriptor?
    /// Holds the program back until the `startContainer` hooks have run, where nothing else does.
    private let innerGate: (reader: SharedDescriptor, writer: SharedDescriptor)?

    init(_ specification: Specification, _ options: RunOptions) throws(RuntimeError) {
        self.specification = specification
        self.options = options
        let hooks = specification.hooks
        if options.hookState == nil, hooks != Specification.Hooks() {
            throw RuntimeError(.refused, "run", "hooks", "there is no state to tell them of")
        }
        input =
            hooks.createContainer.isEmpty
            ? nil : try doing("run hooks") { () throws(SystemError) in SharedDescriptor(try HookInput.open([])) }
        innerGate =
            hooks.startContainer.isEmpty || options.gate != nil
            ? nil
            : try doing("run hooks") { () throws(SystemError) in
                var ends: [Int32] = [-1, -1]
                try system("make", "pipe") { varve_pipe(&ends) }
                return (SharedDescriptor(Descriptor(owning: ends[0])), SharedDescriptor(Descriptor(owning: ends[1])))
            }
    }

    /// What the process waits at before it executes its program.
    var gate: Int32? { options.gate ?? innerGate?.reader.descriptor.raw }

    private var runsAtCreation: Bool {
        let hooks = specification.hooks
        return !(hooks.prestart.isEmpty && hooks.createRuntime.isEmpty && hooks.createContainer.isEmpty)
    }

    /// Whether there is something to do when the container is prepared.
    var areAsked: Bool { options.prepared != nil || runsAtCreation }

    /// The caller's own part, then `prestart` and `createRuntime`; those of `createContainer` run after this in the container's
    /// namespaces.
    func runAtCreation(of pid: Int32) throws {
        try options.prepared?(pid)
        guard runsAtCreation, let state = try options.hookState?(pid) else { return }
        try Runtime.run(specification.hooks.prestart + specification.hooks.createRuntime, state: state)
        if let input { try HookInput.write(state, to: input.descriptor) }
    }

    /// `startContainer`, and then the program, where nobody else opens a gate for it.
    func start(_ running: consuming RunningProcess) throws(RuntimeError) -> RunningProcess {
        guard let innerGate else { return running }
        do {
            guard let state = try options.hookState?(running.process.pid) else { return running }
            try Runtime.runStartHooks(
                of: specification, in: running.process, state: state, seccompCache: options.seccompCache)
            try innerGate.writer.descriptor.write([0])
        } catch {
            let failure = error
            try running.abandon()
            throw failure as? RuntimeError ?? RuntimeError(.failed, "run hooks", "", "\(failure)")
        }
        return running
    }
}
