import CLinux
import Glibc
import Linux
import Model

/// Memory in the form C wants, freed together.
private final class PlanMemory {
    private var blocks: [UnsafeMutableRawPointer] = []

    deinit { for block in blocks { block.deallocate() } }

    func array<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
        let pointer = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
        pointer.initialize(from: elements, count: elements.count)
        blocks.append(UnsafeMutableRawPointer(pointer))
        return pointer
    }

    func text(_ bytes: some Sequence<UInt8>) -> UnsafeMutablePointer<CChar> {
        array(bytes.map { CChar(bitPattern: $0) } + [0])
    }

    func list(_ texts: [[UInt8]]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        array(texts.map { Optional(text($0)) } + [nil])
    }

    func constantList(_ texts: [[UInt8]?]) -> UnsafePointer<UnsafePointer<CChar>?> {
        UnsafePointer(array(texts.map { $0.map { UnsafePointer(text($0)) } } + [nil]))
    }
}

/// The complete `struct varve_plan`.
struct LaunchPlan: ~Copyable {
    private let memory = PlanMemory()
    private var plan = varve_plan()
    private let steps: [MountStep]
    /// Whose descriptors the plan names by number: they stay open as long as it lives.
    private let held: [SharedDescriptor]

    /// - Parameters:
    ///   - streams: borrowed; each 3 or greater.
    ///   - terminal, controlGroup: borrowed, -1 for none.
    ///   - filter: what `linux.seccomp` was compiled to.
    init(
        _ specification: Specification, root: SharedDescriptor, mounts: borrowing MountPlan,
        workingDirectory: BytePath, streams: (Int32, Int32, Int32), terminal: Int32, controlGroup: Int32,
        filter: SeccompProgram?
    ) throws(RuntimeError) {
        steps = mounts.steps
        let stub = try doing("make stub of", "container process") { () throws(SystemError) in
            SharedDescriptor(Descriptor(owning: try system("make file", "") { varve_stub_open() }))
        }
        held = [root, stub] + [mounts.maskFile, mounts.maskDirectory].compactMap { $0 }
        plan.stub = stub.descriptor.raw
        plan.root = root.descriptor.raw
        plan.cgroup = controlGroup
        plan.namespaces = specification.linux.namespaces.reduce(0) { $0 | $1.cloneFlag }
        plan.mask_file = mounts.maskFile?.descriptor.raw ?? -1
        plan.mask_directory = mounts.maskDirectory?.descriptor.raw ?? -1
        plan.streams = streams
        plan.terminal = terminal
        plan.directory = UnsafePointer(memory.text(workingDirectory.bytes))
        if let name = specification.hostname { plan.hostname = UnsafePointer(memory.text(name.utf8)) }
        if let name = specification.domainname { plan.domainname = UnsafePointer(memory.text(name.utf8)) }
        setSteps()
        setProcess(specification.process)
        if let filter {
            plan.filter = UnsafeRawPointer(memory.array(filter.bytes))
            plan.filter_length = UInt16(filter.instructions.count)
            plan.filter_flags = filter.flags
        }
    }

    private mutating func setSteps() {
        let steps = steps.map { step in
            varve_step(
                kind: Int32(step.kind), descriptor: step.mount?.descriptor.raw ?? -1,
                target: UnsafePointer(memory.text(step.target.bytes.dropFirst())),
                type: UnsafePointer(memory.text(step.type.utf8)), set: step.set.rawValue, clear: 0,
                options: memory.constantList(
                    step.options.flatMap { [Array($0.key.utf8), $0.value.map { Array($0.utf8) }] }))
        }
        plan.steps = UnsafePointer(memory.array(steps))
        plan.step_count = steps.count
    }

    private mutating func setProcess(_ process: Specification.Process) {
        let limits = process.limits.map { varve_limit(resource: $0.resource.number, soft: $0.soft, hard: $0.hard) }
        plan.limits = UnsafePointer(memory.array(limits))
        plan.limit_count = limits.count
        plan.no_new_privileges = process.noNewPrivileges ? 1 : 0
        let sets = process.capabilities
        plan.capabilities = varve_capabilities(
            bounding: sets.bounding.bits, effective: sets.effective.bits, permitted: sets.permitted.bits,
            inheritable: sets.inheritable.bits, ambient: sets.ambient.bits)
        plan.uid = process.user.uid
        plan.gid = process.user.gid
        plan.groups = UnsafePointer(memory.array(process.user.additionalGroups))
        plan.group_count = process.user.additionalGroups.count
        plan.umask = process.user.umask
        let candidates = process.candidates
        let count = [UInt8](repeating: UInt8(ascii: "n"), count: candidates.count)
        plan.words = UnsafePointer(memory.list([count] + candidates + process.arguments.map(\.bytes)))
        plan.environment = UnsafePointer(memory.list(process.environment.map(\.bytes)))
    }

    /// Starts the process; returns when it executes the program.
    /// - Parameter view: of what the container sees, to tell why its program can't be executed.
    func launch(_ specification: Specification, in view: borrowing RootView) throws(RuntimeError) -> ProcessHandle {
        var plan = plan
        var pidfd: Int32 = -1
        var report = varve_report()
        let pid = varve_launch(&plan, &pidfd, &report)
        guard pid > 0 else { throw error(from: report, specification, view) }
        return ProcessHandle(pid: pid, owning: Descriptor(owning: pidfd))
    }

    private func error(
        from report: varve_report, _ specification: Specification, _ view: borrowing RootView
    ) -> RuntimeError {
        let errno = Errno(rawValue: report.error)
        let stage = Int(report.stage)
        // The program's arguments go by way of the stub, so the kernel counts them there first.
        if stage == Int(VARVE_STAGE_EXEC) || (stage == Int(VARVE_STAGE_STUB) && errno.rawValue == E2BIG) {
            return ExecutionFailure(specification.process, errno, view).error
        }
        let message = withUnsafeBytes(of: report.message) { Array($0.prefix { $0 != 0 }) }
        let detail = message.isEmpty ? "" : " (\(FilesystemContext.text(ofMessage: message)))"
        return RuntimeError(
            .failed, LaunchPlan.stage(stage), subject(of: report, specification), errno.description + detail)
    }

    private func subject(of report: varve_report, _ specification: Specification) -> String {
        switch Int(report.stage) {
        case Int(VARVE_STAGE_MOUNT):
            steps.indices.contains(Int(report.step)) ? steps[Int(report.step)].target.displayed : ""
        case Int(VARVE_STAGE_HOSTNAME): specification.hostname ?? ""
        case Int(VARVE_STAGE_DIRECTORY): specification.process.workingDirectory.displayed
        case Int(VARVE_STAGE_USER): "\(specification.process.user.uid):\(specification.process.user.gid)"
        default: ""
        }
    }

    private static func stage(_ number: Int) -> String {
        switch number {
        case Int(VARVE_STAGE_CLONE): "start container process"
        case Int(VARVE_STAGE_NAMESPACE): "separate container from host"
        case Int(VARVE_STAGE_ROOT): "attach container root"
        case Int(VARVE_STAGE_MOUNT): "mount in container"
        case Int(VARVE_STAGE_NETWORK): "bring up container loopback"
        case Int(VARVE_STAGE_HOSTNAME): "set host name"
        case Int(VARVE_STAGE_PIVOT): "enter container root"
        case Int(VARVE_STAGE_SESSION): "start container session"
        case Int(VARVE_STAGE_STANDARD_STREAMS): "set container standard streams"
        case Int(VARVE_STAGE_DESCRIPTORS): "close descriptors in container"
        case Int(VARVE_STAGE_LIMITS): "set container resource limits"
        case Int(VARVE_STAGE_DIRECTORY): "enter working directory"
        case Int(VARVE_STAGE_PRIVILEGES): "forbid new privileges in container"
        case Int(VARVE_STAGE_BOUNDING_SET): "drop capabilities of container"
        case Int(VARVE_STAGE_USER): "set user"
        case Int(VARVE_STAGE_CAPABILITIES): "set container capabilities"
        case Int(VARVE_STAGE_FILTER): "install seccomp filter"
        case Int(VARVE_STAGE_SIGNALS): "reset signals in container"
        case Int(VARVE_STAGE_SUPERVISOR): "bind container to its supervisor"
        case Int(VARVE_STAGE_STUB): "execute stub of container process"
        default: "start container (stage \(number))"
        }
    }
}

extension Specification.Namespace {
    fileprivate var cloneFlag: UInt64 {
        switch self {
        case .mount: 0x0002_0000
        case .cgroup: 0x0200_0000
        case .uts: 0x0400_0000
        case .ipc: 0x0800_0000
        case .pid: 0x2000_0000
        case .network: 0x4000_0000
        case .user: 0x1000_0000
        case .time: 0x80
        }
    }
}
