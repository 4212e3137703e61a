import CLinux
import Glibc
import Linux
import Model

/// The complete `struct varve_plan`.
struct LaunchPlan: ~Copyable {
    let memory = PlanMemory()
    var plan = varve_plan()
    let process: Specification.Process
    var container: Subjects = Subjects()
    /// Whose descriptors the plan names by number: they stay open as long as it lives.
    var held: [SharedDescriptor]

    /// What all processes have, whether they make a container or enter one.
    /// - Parameters:
    ///   - program: what is executed in place of the first argument.
    ///   - streams: borrowed; each 3 or greater.
    ///   - terminal: borrowed, -1 for none.
    ///   - filter: what `linux.seccomp` was compiled to.
    init(
        _ process: Specification.Process, program: ByteName? = nil, personality: Specification.Personality? = nil,
        streams: (Int32, Int32, Int32), terminal: Int32, passed: PassedDescriptors,
        filter: SeccompProgram?, gate: Int32?, isTied: Bool, hasInit: Bool = false, handsOver: Bool = false
    ) throws(RuntimeError) {
        self.process = process
        held = passed.descriptors
        let stub = try doing("make stub of", "container process") { () throws(SystemError) in
            SharedDescriptor(Descriptor(owning: try system("make file", "") { varve_stub_open() }))
        }
        held.append(stub)
        plan.stub = stub.descriptor.raw
        plan.cgroup = -1
        plan.root = -1
        plan.target = -1
        plan.mask_file = -1
        plan.mask_directory = -1
        plan.user_namespace = -1
        plan.pid_namespace = -1
        plan.hook_input = -1
        plan.pivots = 1
        plan.personality = personality?.domain ?? -1
        plan.streams = streams
        plan.terminal = terminal
        plan.passed = UnsafePointer(memory.array(passed.descriptors.map { $0.descriptor.raw }))
        plan.passed_count = passed.descriptors.count
        plan.gate = gate ?? -1
        plan.is_tied = isTied ? 1 : 0
        if let filter {
            plan.filter = UnsafeRawPointer(memory.array(filter.bytes))
            plan.filter_length = UInt16(filter.instructions.count)
            plan.filter_flags = filter.flags
        }
        setProcess()
        try setPriorities()
        setWords(program: program, handsOver: handsOver, hasInit: hasInit)
    }

    /// The namespaces of a process that is there already.
    mutating func join(
        _ namespaces: Set<Specification.Namespace>, of target: SharedDescriptor, groups: GroupEntrance
    ) {
        held.append(target)
        plan.target = target.descriptor.raw
        plan.joined = namespaces.reduce(0) { $0 | $1.cloneFlag }
        enter(groups)
    }

    mutating func enter(_ groups: GroupEntrance) {
        held += [groups.directory].compactMap { $0 } + groups.files
        plan.cgroup = groups.directory?.descriptor.raw ?? -1
        plan.cgroup_files = UnsafePointer(memory.array(groups.files.map { $0.descriptor.raw }))
        plan.cgroup_file_count = groups.files.count
    }

    /// What takes rights outside of a user namespace, and what the security modules are told.
    private mutating func setPriorities() throws(RuntimeError) {
        if let score = process.oomScoreAdjustment {
            plan.priorities.oom_score_adjustment = UnsafePointer(memory.text("\(score)".utf8))
        }
        if let scheduler = process.scheduler {
            plan.priorities.scheduler = UnsafePointer(memory.array([try scheduler.attributes()]))
        }
        plan.priorities.io_priority = try process.ioPriority?.value() ?? -1
        let labels = try SecurityLabels.settings(of: process).map { setting($0.file, $0.value) }
        let none = varve_setting(name: nil, value: nil)
        plan.labels = (labels.first ?? none, labels.count > 1 ? labels[1] : none)
        container.labels = [process.apparmorProfile, process.selinuxLabel].compactMap { $0 }
    }

    func setting(_ name: String, _ value: String) -> varve_setting {
        varve_setting(name: UnsafePointer(memory.text(name.utf8)), value: UnsafePointer(memory.text(value.utf8)))
    }

    private mutating func setProcess() {
        let limits = process.limits.map { varve_limit(resource: $0.resource.number, soft: $0.soft, hard: $0.hard) }
        plan.limits = UnsafePointer(memory.array(limits))
        plan.limit_count = limits.count
        plan.directory = UnsafePointer(memory.text(process.workingDirectory.bytes))
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
        plan.environment = UnsafePointer(memory.list(process.environment.map(\.bytes)))
    }

    /// What the stub is told (`plan.words`).
    private mutating func setWords(program: ByteName?, handsOver: Bool, hasInit: Bool) {
        var letters: [UInt8] = []
        if plan.gate >= 0 { letters.append(UInt8(VARVE_STUB_WAITS)) }
        if hasInit { letters.append(UInt8(VARVE_STUB_IS_INIT)) }
        if handsOver {
            letters.append(UInt8(VARVE_STUB_HANDS_OVER))
            if plan.terminal >= 0 { letters.append(UInt8(VARVE_STUB_TAKES_TERMINAL)) }
            if plan.is_tied != 0 { letters.append(UInt8(VARVE_STUB_IS_TIED)) }
        }
        func word(ofLength count: Int) -> [UInt8] { [UInt8](repeating: UInt8(ascii: "n"), count: count) }
        let candidates = program.map { [$0.bytes] } ?? process.candidates
        let counts = [word(ofLength: candidates.count), word(ofLength: plan.passed_count)]
        plan.words = UnsafePointer(memory.list([letters] + counts + candidates + process.arguments.map(\.bytes)))
    }

    /// Starts the process; returns when it executes the program or waits at its gate.
    /// - Parameters:
    ///   - kind: of what the container sees at a path, to tell why its program can't be executed.
    ///   - prepared: called with the pid when all is mounted and the root not yet entered, where the plan asks.
    func launch(
        kind: (BytePath) -> FileKind?, prepared: (Int32) throws -> Void = { _ in }
    ) throws(RuntimeError) -> ProcessHandle {
        var plan = plan
        var report = varve_report()
        var launch = varve_launch()
        guard varve_launch_begin(&plan, &launch, &report) == 0 else { throw error(from: report, kind) }
        while true {
            switch varve_launch_next(&launch, &report) {
            case 0: return ProcessHandle(pid: launch.pid, owning: Descriptor(owning: launch.pidfd))
            case 1:
                do { try prepared(launch.pid) } catch {
                    varve_launch_abandon(&launch)
                    throw error as? RuntimeError ?? RuntimeError(.failed, "prepare container", "", "\(error)")
                }
                varve_launch_answer(&launch)
            default: throw error(from: report, kind)
            }
        }
    }

    private func error(from report: varve_report, _ kind: (BytePath) -> FileKind?) -> RuntimeError {
        let errno = Errno(rawValue: report.error)
        let stage = Int(report.stage)
        // The program's arguments go by way of the stub, so the kernel counts them there first.
        if stage == Int(VARVE_STAGE_EXEC) || (stage == Int(VARVE_STAGE_STUB) && errno.rawValue == E2BIG) {
            return ExecutionFailure(process, errno, kind).error
        }
        if stage == Int(VARVE_STAGE_DIED) {
            return RuntimeError(.failed, "start container process", "", "it was killed while it was set up")
        }
        if stage == Int(VARVE_STAGE_HOOK), container.hooks.indices.contains(Int(report.detail)) {
            let hook = container.hooks[Int(report.detail)]
            return hook.failure(report.error < 0 ? "exit status \(-report.error)" : errno.description)
        }
        let message = withUnsafeBytes(of: report.message) { Array($0.prefix { $0 != 0 }) }
        let detail = message.isEmpty ? "" : " (\(FilesystemContext.text(ofMessage: message)))"
        return RuntimeError(.failed, LaunchStage.name(stage), subject(of: report), errno.description + detail)
    }

    private func subject(of report: varve_report) -> String {
        let index = Int(report.detail)
        func pick(_ names: [String]) -> String { names.indices.contains(index) ? names[index] : "" }
        return switch Int(report.stage) {
        case Int(VARVE_STAGE_MOUNT): pick(container.steps.map(\.target.displayed))
        case Int(VARVE_STAGE_JOIN): pick(container.namespaces)
        case Int(VARVE_STAGE_SYSCTL): pick(container.parameters)
        case Int(VARVE_STAGE_LABEL): pick(container.labels)
        case Int(VARVE_STAGE_OOM_SCORE): process.oomScoreAdjustment.map { "\($0)" } ?? ""
        case Int(VARVE_STAGE_SCHEDULER): process.scheduler?.policy ?? ""
        case Int(VARVE_STAGE_IO_PRIORITY): process.ioPriority.map { "\($0.schedulingClass) \($0.priority)" } ?? ""
        case Int(VARVE_STAGE_HOSTNAME): container.hostname ?? ""
        case Int(VARVE_STAGE_DIRECTORY): process.workingDirectory.displayed
        case Int(VARVE_STAGE_USER): "\(process.user.uid):\(process.user.gid)"
        default: ""
        }
    }

    /// What reports speak of by number.
    struct Subjects {
        var steps: [MountStep] = []
        var hostname: String?
        var namespaces: [String] = []
        var parameters: [String] = []
        var labels: [String] = []
        var hooks: [Specification.Hook] = []
    }
}

/// Descriptors for the container, numbered so that none of their last places is one of them.
struct PassedDescriptors {
    let descriptors: [SharedDescriptor]

    init(_ numbers: [Int32]) throws(RuntimeError) {
        var copies: [SharedDescriptor] = []
        let floor = varve_descriptor_floor(numbers.count)
        for number in numbers {
            copies.append(
                try doing("pass descriptor", "\(number)") { () throws(SystemError) in
                    SharedDescriptor(
                        Descriptor(owning: try system("duplicate", "") { fcntl(number, F_DUPFD_CLOEXEC, floor) }))
                })
        }
        descriptors = copies
    }
}
