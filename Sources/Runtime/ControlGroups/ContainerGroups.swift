import Glibc
import Linux
import Model

/// The control groups of a container with its limits, or why it has none, and what controls its devices.
struct ContainerGroups: Sendable {
    private let groups: ControlGroups
    /// Those that go with the container.
    private let own: ControlGroups
    /// The number of the device filter of a group that stays.
    let deviceFilter: UInt32?
    /// Why there is no group, where one was asked for and none is needed for a limit.
    let problem: String?
    let deviceControl: DeviceControl
    /// The directory of the group of version 2.
    private let directory: SharedDescriptor?

    /// Those of a process that the groups are neither made for nor removed with.
    static let none = ContainerGroups()

    private init() {
        (groups, own, directory, problem, deviceControl) = (ControlGroups(), ControlGroups(), nil, nil, .none)
        deviceFilter = nil
    }

    /// Makes the groups and carries out the limits; when it fails, nothing is left.
    ///
    /// Throws where the groups are in use, since whatever is in them would be killed at the container's end; and where a
    /// limit can't be kept.
    /// - Parameter claims: whose they are; nil where the path is the container's alone.
    static func open(
        _ linux: Specification.Linux, claims: GroupClaims? = nil
    ) throws(RuntimeError) -> ContainerGroups {
        let limits = try linux.resources.limits()
        let filter = linux.deviceFilter
        guard let path = linux.cgroupsPath else {
            if let limit = limits.first(where: { !$0.liftsOnly }) {
                throw RuntimeError(
                    .refused, limit.operation, limit.value, "linux.cgroupsPath names no control group for it")
            }
            return try ContainerGroups(without: nil, filter, linux)
        }
        let hierarchies = try doing("find control groups") { () throws(SystemError) in try ControlHierarchies.mounted()
        }
        let needed = limits.filter { !$0.liftsOnly }
        let groups: (all: ControlGroups, made: ControlGroups)
        do throws(SystemError) {
            var controllers = Set(needed.map(\.controller))
            if hierarchies.unified == nil, !filter.allowsEverything { controllers.insert(.devices) }
            groups = try ControlGroups.make(path, with: controllers, in: hierarchies, claims: claims)
        } catch {
            if error.errno == .busy { throw populated(path) }
            if let limit = needed.first {
                throw RuntimeError(.failed, limit.operation, limit.value, error.description)
            }
            return try ContainerGroups(without: error.description, filter, linux)
        }
        if groups.all.isEmpty, needed.isEmpty {
            return try ContainerGroups(without: "no hierarchy of control groups is mounted", filter, linux)
        }
        do throws(RuntimeError) {
            let own = claims == nil ? groups.all : groups.made
            return try ContainerGroups(groups.all, own: own, limits, filter, linux, path)
        } catch {
            // Not the others: nobody knows whose they are.
            try doing("remove control group", path.displayed) { () throws(SystemError) in try groups.made.remove() }
            throw error
        }
    }

    private init(without problem: String?, _ filter: DeviceFilter, _ linux: Specification.Linux) throws(RuntimeError) {
        (groups, own, directory, deviceFilter) = (ControlGroups(), ControlGroups(), nil, nil)
        self.problem = problem
        deviceControl = try DeviceControl.withoutGroup(filter, linux, because: problem ?? "there is no control group")
    }

    private static func populated(_ path: ControlGroupPath) -> RuntimeError {
        RuntimeError(.failed, "use control group", path.displayed, "other processes are in it")
    }

    private init(
        _ groups: ControlGroups, own: ControlGroups, _ limits: [Limit], _ filter: DeviceFilter,
        _ linux: Specification.Linux, _ path: ControlGroupPath
    ) throws(RuntimeError) {
        (self.groups, self.own, problem) = (groups, own, nil)
        let isPopulated = try doing("use control group", path.displayed) { () throws(SystemError) in
            try groups.isPopulated()
        }
        if isPopulated { throw ContainerGroups.populated(path) }
        try groups.apply(limits)
        directory = try doing("open control group", path.displayed) { () throws(SystemError) in
            try GroupEntrance.open(groups.unified)
        }
        let program: SharedDescriptor?
        (deviceControl, program) = try DeviceControl.inGroups(groups, directory, filter, linux)
        let stays = groups.unified != nil && own.unified == nil
        deviceFilter =
            if stays, let program {
                try doing("attach device filter", path.displayed) { () throws(SystemError) in
                    try DeviceFilter.id(of: program.descriptor)
                }
            } else { nil }
    }

    /// What there is of them to be seen in the container.
    func shown(in linux: Specification.Linux) throws(RuntimeError) -> ShownGroups {
        // Without a namespace for them they would be the host's.
        guard linux.namespaces.contains(.cgroup) else { return ShownGroups() }
        return ShownGroups(
            legacy: try doing("find control groups") { () throws(SystemError) in try groups.legacyControllers() },
            hasUnified: groups.unified != nil)
    }

    /// By which the container's first process enters.
    func entrance() throws(RuntimeError) -> GroupEntrance {
        try doing("enter", "control groups") { () throws(SystemError) in try GroupEntrance(groups, directory) }
    }

    /// The groups, to do something with that a container without can't have done to it.
    func required(_ operation: String, _ body: (ControlGroups) throws(SystemError) -> Void) throws(RuntimeError) {
        guard !groups.isEmpty else {
            throw RuntimeError(.failed, operation, "container", problem ?? "it has no control group")
        }
        do throws(SystemError) { try body(groups) } catch { throw RuntimeError(operation, "container", error) }
    }

    /// Ends whatever the container left in groups of its own, and removes these.
    func remove() throws(RuntimeError) {
        do throws(SystemError) {
            try own.end()
            if let deviceFilter, let group = groups.unified { try DeviceFilter.detach(deviceFilter, from: group) }
        } catch {
            throw RuntimeError("remove control group", "of container", error)
        }
    }
}

extension DeviceControl {
    fileprivate static func inGroups(
        _ groups: ControlGroups, _ directory: SharedDescriptor?, _ filter: DeviceFilter, _ linux: Specification.Linux
    ) throws(RuntimeError) -> (DeviceControl, program: SharedDescriptor?) {
        if filter.allowsEverything { return (.none, nil) }
        do throws(SystemError) {
            if let directory { return (.group, SharedDescriptor(try filter.attach(to: directory.descriptor))) }
            if let devices = groups.group(of: .devices), try filter.write(to: devices) { return (.group, nil) }
        } catch { return (try withoutGroup(filter, linux, because: error.description), nil) }
        let reason = "the devices controller of version 1 can't hold the rules"
        return (try withoutGroup(filter, linux, because: reason), nil)
    }

    /// - Throws: where mounts without devices would forbid less or more than the rules.
    fileprivate static func withoutGroup(
        _ filter: DeviceFilter, _ linux: Specification.Linux, because reason: String
    ) throws(RuntimeError) -> DeviceControl {
        if filter.allowsEverything { return .none }
        if linux.mountsCanControlDevices { return .mounts }
        throw RuntimeError(.refused, "control devices", "linux.resources.devices", reason)
    }
}

/// How a new process gets into control groups.
struct GroupEntrance {
    /// Of the group of version 2, in which it is started.
    let directory: SharedDescriptor?
    /// Of the groups of version 1, into which it moves itself.
    let files: [SharedDescriptor]

    /// - Parameter directory: that of the group of version 2 where it is open already.
    init(_ groups: ControlGroups, _ directory: SharedDescriptor? = nil) throws(SystemError) {
        self.directory = if let directory { directory } else { try GroupEntrance.open(groups.unified) }
        files = try groups.entrances.map { path throws(SystemError) in
            SharedDescriptor(try Files.open(path, flags: O_WRONLY))
        }
    }

    static func open(_ group: ControlGroup?) throws(SystemError) -> SharedDescriptor? {
        try group.map { group throws(SystemError) in SharedDescriptor(try group.open()) }
    }
}
