import CLinux
import Glibc
import Linux
import Model

/// One step of the child, in Swift's terms (`struct varve_step`).
struct MountStep {
    var kind: Int
    var target: BytePath
    /// The step whose mount the target is in; nil for the root.
    var around: Int?
    /// Whether the target is a path without symlinks.
    var isPlain = false
    var mount: SharedDescriptor?
    var type = ""
    var set: MountAttributes = []
    var clear: MountAttributes = []
    var propagation: MountPropagation?
    var options: [(key: String, value: String?)] = []

    init(_ kind: some BinaryInteger, _ target: BytePath) {
        self.kind = Int(kind)
        self.target = target
    }
}

/// Everything about mounts that can be done before there is a process: sources opened, filesystems made and filled,
/// targets found or made.
struct MountPlan: ~Copyable {
    private(set) var steps: [MountStep] = []
    var view: RootView
    private(set) var devpts: SharedDescriptor?
    private(set) var maskFile: SharedDescriptor?
    private(set) var maskDirectory: SharedDescriptor?
    let devices: [Specification.Device]
    /// Whether no mount but the listed devices' may have any.
    private let forbidsDevices: Bool
    /// Whether the control groups are those of a cgroup namespace that is not the user namespace's: it may not mount them.
    private let hasOthersGroups: Bool
    let shownGroups: ShownGroups
    var hasDevices = false
    let identities: Identities
    let bundle: ByteName?
    let label: String?

    /// - Parameters:
    ///   - identities: to whom what is made belongs.
    ///   - bundle: where relative sources start.
    init(
        _ specification: Specification, root: SharedDescriptor, made: MadePaths, devices control: DeviceControl,
        groups: ShownGroups, identities: Identities, bundle: ByteName? = nil
    ) throws(RuntimeError) {
        view = RootView(root: root, made: made, identities: identities)
        self.identities = identities
        self.bundle = bundle
        label = specification.linux.mountLabel
        devices = Specification.standardDevices + specification.linux.devices
        forbidsDevices = control == .mounts
        shownGroups = groups
        hasOthersGroups = identities.namespace != nil && !specification.linux.namespaces.contains(.cgroup)
        for mount in specification.mounts { try add(mount) }
        if !specification.linux.devices.isEmpty && !hasDevices {
            throw RuntimeError(.refused, "make device", "linux.devices", "there is no tmpfs at /dev")
        }
    }

    /// Prepares one mount of the specification.
    private mutating func add(_ mount: Specification.Mount) throws(RuntimeError) {
        var options = MountOptions(mount)
        if forbidsDevices {
            if options.clear.contains(.noDevices) {
                throw RuntimeError(
                    .refused, "mount at", mount.destination.displayed, "dev where only mounts keep devices from use")
            }
            // A devpts that refuses devices would be no terminal; nobody can make another device in it.
            if mount.type != "devpts" { options.set.formUnion(.noDevices) }
        }
        if options.remounts { return try addRemount(mount, options) }
        if options.isBind { return try addBind(mount, options) }
        try refuse(options.mapsIDs != nil || !mount.uidMappings.isEmpty, "mapped ids of what is no bind mount", mount)
        try refuse(options.copiesUp && mount.type != "tmpfs", "tmpcopyup for what is no tmpfs", mount)
        switch mount.type {
        case "tmpfs" where mount.destination == MountPlan.dev: try addDev(mount, options)
        case "tmpfs", "devpts": try addPrepared(mount, options)
        case "cgroup" where hasOthersGroups: try addBind(try hierarchy(of: mount), options)
        case "cgroup" where !shownGroups.legacy.isEmpty: try addGroups(mount, options)
        case "proc", "sysfs", "mqueue", "cgroup": try addLater(mount, options)
        default: throw RuntimeError(.refused, "mount at", mount.destination.displayed, "type \(mount.type)")
        }
    }

    static let dev = BytePath(["dev"])

    func refuse(_ isWrong: Bool, _ what: String, _ mount: Specification.Mount) throws(RuntimeError) {
        if isWrong { throw RuntimeError(.refused, "mount at", mount.destination.displayed, what) }
    }

    /// What is mounted there already gets other attributes.
    private mutating func addRemount(
        _ mount: Specification.Mount, _ options: MountOptions
    ) throws(RuntimeError) {
        try refuse(!options.data.isEmpty, "remount with option \(options.data.first?.key ?? "")", mount)
        var step = MountStep(VARVE_STEP_ATTRIBUTES, mount.destination)
        step.set = options.set
        // No restriction is lifted but that of being read-only.
        step.clear = options.clear.intersection([.readOnly, .accessTimeMask])
        append(step)
    }

    /// - Parameter isPlaced: whether the target is a path that ``RootView/place(_:as:isContent:)`` gave.
    mutating func append(_ step: MountStep, isPlaced: Bool = false) {
        var step = step
        let around = view.step(around: step.target)
        step.around = around.step
        // What was not there to be looked at may have symlinks.
        step.isPlain = isPlaced && around.isSeen
        steps.append(step)
    }

    mutating func attach(
        _ mount: SharedDescriptor, at destination: BytePath, as kind: FileKind = .directory
    ) throws(RuntimeError) {
        var step = MountStep(VARVE_STEP_ATTACH, try place(destination, as: kind))
        let isProc = try doing("mount at", destination.displayed) { () throws(SystemError) in
            try mount.descriptor.filesystemType() == MountPlan.procType
        }
        try checkProc(step.target, isProc: isProc, destination)
        step.mount = mount
        append(step, isPlaced: true)
        view.mount(mount, at: step.target, in: steps.count - 1)
    }

    /// By where symlinks lead.
    private func checkProc(_ place: BytePath, isProc: Bool, _ destination: BytePath) throws(RuntimeError) {
        guard place == .proc && !isProc || place.isKeptInProc else { return }
        throw RuntimeError(
            .refused, "mount at", destination.displayed, "nothing but proc is mounted over /proc, and nothing in it")
    }

    /// PROC_SUPER_MAGIC of linux/magic.h.
    private static let procType = 0x9fa0

    mutating func place(_ destination: BytePath, as kind: FileKind) throws(RuntimeError) -> BytePath {
        do throws(SystemError) { return try view.place(destination, as: kind) } catch {
            let hint = error.errno == .readOnly ? "make the mount point on the host first" : nil
            throw RuntimeError(
                .failed, "prepare mount point", destination.displayed, MountPlan.cause(error, kind), hint: hint)
        }
    }

    private static func cause(_ error: SystemError, _ kind: FileKind) -> String {
        switch error.errno {
        case .isDirectory: "it is a directory, and what is mounted there is none"
        case .notDirectory where kind == .directory: "it or a name on the way is no directory"
        default: error.cause
        }
    }

    /// A filesystem that does not depend on the new namespaces.
    private mutating func addPrepared(_ mount: Specification.Mount, _ options: MountOptions) throws(RuntimeError) {
        let made = try make(mount, options)
        if options.copiesUp {
            let target = try place(mount.destination, as: .directory)
            try doing("copy to", mount.destination.displayed) { () throws(SystemError) in
                guard let below = try view.openDirectory(target) else { return }
                try TreeCopy.copy(below.descriptor, to: made.descriptor)
            }
        }
        if options.set.contains(.readOnly) {
            try doing("mount at", mount.destination.displayed) { () throws(SystemError) in
                try Mounts.setAttributes(made.descriptor, set: .readOnly)
            }
        }
        try spread(made, options, mount)
        try attach(made, at: mount.destination)
        if mount.type == "devpts" { devpts = made }
    }

    func make(
        _ mount: Specification.Mount, _ options: MountOptions
    ) throws(RuntimeError) -> SharedDescriptor {
        let data = try ownedOptions(of: mount.type, options.data)
        return try doing("mount at", mount.destination.displayed) { () throws(SystemError) in
            let context = try FilesystemContext(KernelPath(mount.type))
            try context.set("source", KernelPath(mount.type))
            for option in data {
                if let value = option.value {
                    try context.set(KernelPath(option.key), KernelPath(value))
                } else {
                    try context.set(flag: KernelPath(option.key))
                }
            }
            // Read-only once it is filled.
            return SharedDescriptor(try context.mount(options.set.subtracting(.readOnly)))
        }
    }

    /// Options that name owners speak of the container's ids, and the kernel of the host's.
    private func ownedOptions(
        of type: String, _ data: [(key: String, value: String?)]
    ) throws(RuntimeError) -> [(key: String, value: String?)] {
        var result = data
        for (index, option) in data.enumerated() {
            guard let value = option.value, let id = UInt32(value) else { continue }
            if option.key == "uid" { result[index].value = "\(try identities.host(ofUser: id))" }
            if option.key == "gid" { result[index].value = "\(try identities.host(ofGroup: id))" }
        }
        if identities.namespace != nil, type == "tmpfs" {
            if !data.contains(where: { $0.key == "uid" }) {
                result.append(("uid", "\(try identities.host(ofUser: 0))"))
            }
            if !data.contains(where: { $0.key == "gid" }) {
                result.append(("gid", "\(try identities.host(ofGroup: 0))"))
            }
        }
        if let label, !data.contains(where: { $0.key == "context" }) { result.append(("context", label)) }
        return result
    }

    func spread(
        _ made: SharedDescriptor, _ options: MountOptions, _ mount: Specification.Mount
    ) throws(RuntimeError) {
        guard let propagation = options.propagation else { return }
        try doing("mount at", mount.destination.displayed) { () throws(SystemError) in
            try Mounts.setPropagation(made.descriptor, propagation.flag, recursive: propagation.isRecursive)
        }
    }

    /// A filesystem that shows the namespaces of who makes it.
    private mutating func addLater(_ mount: Specification.Mount, _ options: MountOptions) throws(RuntimeError) {
        let target = try place(mount.destination, as: .directory)
        try checkProc(target, isProc: mount.type == "proc", mount.destination)
        // Whoever moves these could move them away from under their masks.
        if target != mount.destination, mount.type == "proc" || mount.type == "sysfs" {
            throw RuntimeError(.failed, "mount at", mount.destination.displayed, "a symlink stands there")
        }
        makeLater(mount.type == "cgroup" ? "cgroup2" : mount.type, at: target, options)
    }

    /// - Parameter target: a path that ``place(_:as:)`` gave, or a directory in a mount of ours.
    mutating func makeLater(_ type: String, at target: BytePath, _ options: MountOptions) {
        var step = MountStep(VARVE_STEP_FILESYSTEM, target)
        step.type = type
        step.set = options.set
        step.options = [("source", type == "cgroup2" ? "cgroup" : type)] + options.data
        step.propagation = options.propagation
        append(step, isPlaced: true)
        view.mount(nil, at: step.target, in: steps.count - 1)
    }

    /// Comes after everything else, so that nothing is mounted over it.
    mutating func restrict(_ linux: Specification.Linux) throws(RuntimeError) {
        for path in linux.readonlyPaths { append(MountStep(VARVE_STEP_READ_ONLY, path)) }
        if linux.maskedPaths.isEmpty { return }
        let null = try doing("mask with", "/dev/null") { () throws(SystemError) in
            let null = try Mounts.bind("/dev/null", recursive: false)
            try Mounts.setAttributes(null, set: [.readOnly, .noSetuid, .noExecution], clear: .noDevices)
            return SharedDescriptor(null)
        }
        let status = try doing("mask with", "/dev/null") { () throws(SystemError) in try null.descriptor.status() }
        guard status.kind == .characterDevice, status.device == DeviceNumber(major: 1, minor: 3) else {
            throw RuntimeError(.failed, "mask with", "/dev/null", "it is not the null device")
        }
        maskFile = null
        maskDirectory = try doing("mask with", "empty directory") { () throws(SystemError) in
            SharedDescriptor(
                try Mounts.tmpfs([("nr_inodes", "2")], attributes: [.readOnly, .noSetuid, .noDevices, .noExecution]))
        }
        for path in linux.maskedPaths { append(MountStep(VARVE_STEP_MASK, path)) }
    }
}
