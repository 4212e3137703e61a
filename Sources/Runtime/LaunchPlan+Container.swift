import CLinux
import Linux
import Model

extension LaunchPlan {
    /// What a container of its own is made of.
    struct Container {
        let specification: Specification
        let root: SharedDescriptor
        let identities: Identities
        let joined: JoinedNamespaces
        let groups: GroupEntrance
        /// Whether the process waits for the caller before it enters the root.
        let asks: Bool
        let pivots: Bool
        let keepsKeyring: Bool
        /// What hooks read.
        let hookInput: SharedDescriptor?
    }

    /// Has the process make a container.
    mutating func make(_ container: Container, _ mounts: borrowing MountPlan) throws(RuntimeError) {
        let linux = container.specification.linux
        held += [container.root] + [mounts.maskFile, mounts.maskDirectory, container.hookInput].compactMap { $0 }
        plan.root = container.root.descriptor.raw
        enter(container.groups)
        plan.mask_file = mounts.maskFile?.descriptor.raw ?? -1
        plan.mask_directory = mounts.maskDirectory?.descriptor.raw ?? -1
        plan.asks = container.asks ? 1 : 0
        plan.pivots = container.pivots ? 1 : 0
        plan.keeps_keyring = container.keepsKeyring ? 1 : 0
        plan.root_propagation = linux.rootfsPropagation?.flag ?? 0
        plan.personality = linux.personality?.domain ?? -1
        setNames(container.specification)
        setNamespaces(linux, container.identities, container.joined)
        try setParameters(linux, container.joined)
        setHooks(container.specification.hooks.createContainer, container.hookInput)
        setSteps(mounts.steps)
    }

    private mutating func setNames(_ specification: Specification) {
        container.hostname = specification.hostname
        if let name = specification.hostname { plan.hostname = UnsafePointer(memory.text(name.utf8)) }
        if let name = specification.domainname { plan.domainname = UnsafePointer(memory.text(name.utf8)) }
    }

    private mutating func setNamespaces(
        _ linux: Specification.Linux, _ identities: Identities, _ joined: JoinedNamespaces
    ) {
        held += joined.files.map(\.file) + [identities.namespace, joined.pid].compactMap { $0 }
        plan.namespaces = linux.namespaces.subtracting([.user]).reduce(0) { $0 | $1.cloneFlag }
        plan.user_namespace = identities.namespace?.descriptor.raw ?? -1
        plan.pid_namespace = joined.pid?.descriptor.raw ?? -1
        let files = joined.files.map {
            varve_namespace(descriptor: $0.file.descriptor.raw, flag: Int32($0.namespace.cloneFlag))
        }
        plan.namespace_files = UnsafePointer(memory.array(files))
        plan.namespace_file_count = files.count
        container.namespaces = joined.files.map(\.namespace.rawValue)
    }

    private mutating func setParameters(_ linux: Specification.Linux, _ joined: JoinedNamespaces) throws(RuntimeError) {
        let parameters = try linux.parameterPaths(besides: joined.own).map { setting($0.path, $0.value) }
        plan.parameters = UnsafePointer(memory.array(parameters))
        plan.parameter_count = parameters.count
        container.parameters = linux.sysctl.map(\.key)
    }

    private mutating func setHooks(_ hooks: [Specification.Hook], _ input: SharedDescriptor?) {
        let programs = hooks.map { hook in
            varve_hook(
                path: UnsafePointer(memory.text(hook.path.utf8)),
                words: UnsafePointer(memory.list(hook.words.map { Array($0.utf8) })),
                environment: UnsafePointer(memory.list(hook.environment.map { Array($0.utf8) })),
                milliseconds: hook.limit)
        }
        plan.hooks = UnsafePointer(memory.array(programs))
        plan.hook_count = programs.count
        plan.hook_input = input?.descriptor.raw ?? -1
        container.hooks = hooks
    }

    private mutating func setSteps(_ steps: [MountStep]) {
        container.steps = steps
        let planned = steps.map { step in
            let path = memory.text(step.target.bytes.dropFirst())
            let above = step.around.map { steps[$0].target.names.count } ?? 0
            let rest = BytePath(Array(step.target.names.dropFirst(above)))
            return varve_step(
                kind: Int32(step.kind), descriptor: step.mount?.descriptor.raw ?? -1, around: Int32(step.around ?? -1),
                target: UnsafePointer(memory.text(rest.bytes.dropFirst())), is_plain: step.isPlain ? 1 : 0,
                path: UnsafePointer(path), type: UnsafePointer(memory.text(step.type.utf8)), set: step.set.rawValue,
                clear: step.clear.rawValue,
                propagation: step.propagation?.flag ?? 0, is_recursive: step.propagation?.isRecursive == true ? 1 : 0,
                options: memory.constantList(
                    step.options.flatMap { [Array($0.key.utf8), $0.value.map { Array($0.utf8) }] }))
        }
        plan.steps = UnsafePointer(memory.array(planned))
        plan.step_count = planned.count
        plan.mounts = memory.array([Int32](repeating: -1, count: planned.count))
    }
}

extension Specification.Propagation {
    /// As mount_setattr(2) takes it.
    var flag: UInt64 {
        switch self {
        case .shared: UInt64(VARVE_PROPAGATION_SHARED)
        case .slave: UInt64(VARVE_PROPAGATION_SLAVE)
        case .private: UInt64(VARVE_PROPAGATION_PRIVATE)
        case .unbindable: UInt64(VARVE_PROPAGATION_UNBINDABLE)
        }
    }
}
