import Linux
import Model
import Runtime
import Testbed

/// Makes specifications with something in every field. Wherever a specification can say nothing it does so now and then.
struct RandomSpecification {
    private var random: SplitMix

    static func make(seed: UInt64) -> Specification {
        var maker = RandomSpecification(random: SplitMix(seed: seed))
        return maker.specification()
    }

    private mutating func specification() -> Specification {
        var result = Specification(process: process(), root: .init(path: name(), isReadOnly: bool()))
        result.hostname = maybe { $0.text() }
        result.domainname = maybe { $0.text() }
        result.mounts = some { maker in
            var mount =
                maker.bool()
                ? Specification.Mount("bind", at: maker.path(), source: maker.name(), options: ["rbind", maker.text()])
                : .init(
                    "tmpfs", at: maker.path(), source: maker.name(),
                    options: maker.some { "size=\($0.number() as UInt64)" })
            mount.uidMappings = maker.mappings()
            mount.gidMappings = maker.mappings()
            return mount
        }
        result.annotations = pairs()
        result.hooks = hooks()
        result.linux = linux()
        return result
    }

    // MARK: Sections

    private mutating func process() -> Specification.Process {
        // Only numbers that libcap has a name for.
        let known: UInt64 = (1 << 41) - 1
        var process = Specification.Process(
            arguments: some { $0.name() }, environment: some { $0.name() }, workingDirectory: path(),
            user: .init(
                uid: number(), gid: number(), additionalGroups: some { $0.number() },
                umask: UInt32.random(in: 0...0o777, using: &random)),
            hasTerminal: bool(), noNewPrivileges: bool())
        process.consoleSize = maybe { TerminalSize(rows: $0.number(), columns: $0.number()) }
        process.capabilities = .init(
            bounding: .init(bits: number() & known), effective: .init(bits: number() & known),
            permitted: .init(bits: number() & known), inheritable: .init(bits: number() & known),
            ambient: .init(bits: number() & known))
        process.limits = some {
            .init($0.one(of: Specification.Resource.allCases), soft: $0.number(), hard: $0.number())
        }
        process.oomScoreAdjustment = maybe { Int.random(in: -1000...1000, using: &$0.random) }
        process.apparmorProfile = maybe { $0.text() }
        process.selinuxLabel = maybe { $0.text() }
        process.scheduler = maybe { maker in
            var scheduler = Specification.Scheduler(policy: maker.text())
            (scheduler.nice, scheduler.priority, scheduler.flags) = (maker.number(), maker.number(), maker.texts())
            (scheduler.runtime, scheduler.deadline, scheduler.period) = (maker.number(), maker.number(), maker.number())
            return scheduler
        }
        process.ioPriority = maybe { .init(schedulingClass: $0.text(), priority: $0.number()) }
        return process
    }

    private mutating func hooks() -> Specification.Hooks {
        func make(_ maker: inout Self) -> Specification.Hook {
            var hook = Specification.Hook(path: "/" + maker.text())
            (hook.arguments, hook.environment) = (maker.texts(), maker.texts())
            hook.timeout = maker.maybe { Int.random(in: 1...2_000_000, using: &$0.random) }
            return hook
        }
        var hooks = Specification.Hooks()
        (hooks.prestart, hooks.createRuntime, hooks.createContainer) = (some(make), some(make), some(make))
        (hooks.startContainer, hooks.poststart, hooks.poststop) = (some(make), some(make), some(make))
        return hooks
    }

    private mutating func linux() -> Specification.Linux {
        var linux = Specification.Linux(namespaces: [])
        for namespace in Specification.Namespace.allCases {
            switch Int.random(in: 0...2, using: &random) {
            case 0: linux.namespaces.insert(namespace)
            case 1: linux.joinedNamespaces[namespace] = ByteName("/" + text())
            default: break
            }
        }
        (linux.uidMappings, linux.gidMappings) = (mappings(), mappings())
        linux.devices = some {
            .init(
                $0.path(), kind: $0.bool() ? .blockDevice : .characterDevice,
                number: DeviceNumber(major: $0.number(), minor: $0.number()),
                permissions: UInt16.random(in: 0...0o7777, using: &$0.random), uid: $0.number(), gid: $0.number())
        }
        linux.cgroupsPath = maybe { .absolute($0.path()) }
        linux.resources = resources()
        linux.sysctl = pairs()
        linux.seccomp = maybe { $0.seccomp() }
        linux.rootfsPropagation = maybe { $0.one(of: [.shared, .slave, .private, .unbindable]) }
        linux.mountLabel = maybe { $0.text() }
        linux.personality = maybe { $0.one(of: [.linux, .linux32]) }
        (linux.maskedPaths, linux.readonlyPaths) = (some { $0.path() }, some { $0.path() })
        return linux
    }

    private mutating func seccomp() -> Specification.Seccomp {
        var seccomp = Specification.Seccomp(defaultAction: text())
        seccomp.defaultErrno = maybe { $0.number() }
        (seccomp.architectures, seccomp.flags) = (texts(), texts())
        seccomp.rules = some { maker in
            var rule = Specification.Seccomp.Rule(names: [maker.text()] + maker.texts(), action: maker.text())
            rule.errno = maker.maybe { $0.number() }
            rule.conditions = maker.some {
                .init(
                    index: UInt32.random(in: 0...5, using: &$0.random), value: $0.number(), valueTwo: $0.number(),
                    comparison: $0.text())
            }
            return rule
        }
        return seccomp
    }

    private mutating func resources() -> Specification.Resources {
        var resources = Specification.Resources()
        resources.devices = some { maker in
            let access = Specification.DeviceRule.Access.allCases.filter { _ in maker.bool() }
            return .init(
                allows: maker.bool(), kind: maker.one(of: [.all, .character, .block]),
                major: maker.maybe { $0.number() },
                minor: maker.maybe { $0.number() }, access: access.isEmpty ? [.read] : Set(access))
        }
        resources.memory.limit = maybe { $0.number() }
        resources.memory.reservation = maybe { $0.number() }
        resources.memory.swap = maybe { $0.number() }
        resources.memory.swappiness = maybe { UInt64.random(in: 0...100, using: &$0.random) }
        resources.memory.disablesOOMKiller = bool()
        resources.memory.usesHierarchy = maybe { $0.bool() }
        resources.cpu = cpu()
        resources.pids = maybe { $0.number() }
        resources.blockIO = blockIO()
        resources.hugepages = some { .init(pageSize: $0.text(), limit: $0.number()) }
        resources.networkClass = maybe { $0.number() }
        resources.networkPriorities = some { .init(interface: $0.text(), priority: $0.number()) }
        resources.unified = pairs().map { .init(file: $0.key, value: $0.value) }
        return resources
    }

    private mutating func cpu() -> Specification.CPU {
        var cpu = Specification.CPU()
        (cpu.shares, cpu.quota, cpu.period) = (maybe { $0.number() }, maybe { $0.number() }, maybe { $0.number() })
        (cpu.burst, cpu.idle) = (maybe { $0.number() }, maybe { $0.number() })
        (cpu.realtimeRuntime, cpu.realtimePeriod) = (maybe { $0.number() }, maybe { $0.number() })
        (cpu.cpus, cpu.mems) = (maybe { $0.text() }, maybe { $0.text() })
        return cpu
    }

    private mutating func blockIO() -> Specification.BlockIO {
        typealias Throttled = Specification.BlockIO.ThrottledDevice
        func throttled(_ maker: inout Self) -> Throttled {
            Throttled(major: maker.number(), minor: maker.number(), rate: maker.number())
        }
        var blockIO = Specification.BlockIO()
        (blockIO.weight, blockIO.leafWeight) = (maybe { $0.number() }, maybe { $0.number() })
        blockIO.weightDevices = some { maker in
            .init(
                major: maker.number(), minor: maker.number(), weight: maker.maybe { $0.number() },
                leafWeight: maker.maybe { $0.number() })
        }
        (blockIO.readBytes, blockIO.writeBytes) = (some(throttled), some(throttled))
        (blockIO.readOperations, blockIO.writeOperations) = (some(throttled), some(throttled))
        return blockIO
    }

    // MARK: Small things

    private mutating func bool() -> Bool { Bool.random(using: &random) }

    private mutating func number<Number: FixedWidthInteger>() -> Number {
        Number.random(in: Number.min...Number.max, using: &random)
    }

    private mutating func one<Element>(of elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &random)]
    }

    private mutating func maybe<Value>(_ make: (inout Self) -> Value) -> Value? { bool() ? make(&self) : nil }

    private mutating func some<Value>(_ make: (inout Self) -> Value) -> [Value] {
        (0..<Int.random(in: 0...3, using: &random)).map { _ in make(&self) }
    }

    private mutating func text() -> String {
        (0..<Int.random(in: 1...6, using: &random))
            .map { _ in one(of: ["a", "é", "\"", "\\", "\n", "日", " ", "=", "/", "\u{1}"]) }.joined()
    }

    private mutating func texts() -> [String] { some { $0.text() } }

    private mutating func name() -> ByteName { ByteName(text()) }

    private mutating func path() -> BytePath { BytePath(parsing: Array("/\(text())/\(text())".utf8)) ?? .root }

    private mutating func mappings() -> [Specification.IDMapping] {
        some { .init(container: $0.number(), host: $0.number(), size: $0.number()) }
    }

    /// Each name once.
    private mutating func pairs() -> [Specification.Annotation] {
        texts().enumerated().map { .init(key: "\($0.offset)\($0.element)", value: text()) }
    }
}
