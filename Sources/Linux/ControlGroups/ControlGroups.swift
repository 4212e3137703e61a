import Glibc
import Model

/// All control groups of one container: one of version 2 where that is mounted, and one of version 1 for each controller
/// that is asked for and is not on version 2. They have the same path below each hierarchy's mount point.
public struct ControlGroups: Hashable, Sendable {
    /// That of version 2 first.
    public let groups: [ControlGroup]

    init(_ groups: [ControlGroup]) { self.groups = groups }

    /// None at all.
    public init() { groups = [] }

    /// Those of a container that has got more, or more controllers in some.
    public init(_ present: ControlGroups, _ more: ControlGroups) {
        let others = present.groups.filter { group in !more.groups.contains { $0.path == group.path } }
        groups = (more.groups + others).sorted { $0.version == .two && $1.version == .one }
    }

    /// That of version 2: what freezes, kills and filters devices at once.
    public var unified: ControlGroup? { groups.first { $0.version == .two } }

    /// Where a controller works; nil where none does, for the kernel does not offer it or it was not asked for.
    public func group(of controller: ControlGroup.Controller) -> ControlGroup? {
        groups.first { $0.controllers.contains(controller) }
    }

    /// The groups at `path` that exist; empty where none does.
    /// - Parameter names: of the hierarchies to look in; nil for all.
    public static func find(
        _ path: ControlGroupPath, in hierarchies: ControlHierarchies, named names: Set<String>? = nil
    ) throws(SystemError) -> ControlGroups {
        var found: [ControlGroup] = []
        for hierarchy in hierarchies.all where names?.contains(hierarchy.name) != false {
            if let group = try hierarchy.find(path) { found.append(group) }
        }
        return ControlGroups(found)
    }

    public var isEmpty: Bool { groups.isEmpty }

    /// Files that a starting process moves itself by, writing `0`: those of version 1, whose groups no process can be
    /// started in.
    public var entrances: [KernelPath] { groups.filter { $0.version == .one }.map { $0.file("cgroup.procs") } }

    /// Moves a process into all groups.
    public func attach(_ pid: Int32) throws(SystemError) {
        for group in groups { try group.attach(pid) }
    }

    /// The processes in any of the groups, or in groups that they have made below.
    public func processes() throws(SystemError) -> Set<Int32> {
        var processes: Set<Int32> = []
        for group in groups { processes.formUnion(try group.processes()) }
        return processes
    }

    /// Whether there is a process in any of them.
    public func isPopulated() throws(SystemError) -> Bool {
        for group in groups where try group.isPopulated() { return true }
        return false
    }
}

extension ControlGroup {
    /// Whether a process is in the group or in one below it. One that is gone has none.
    func isPopulated() throws(SystemError) -> Bool {
        switch version {
        case .two: try number("populated", in: "cgroup.events") == 1
        case .one: try !processes().isEmpty
        }
    }
}

extension ControlGroups {
    /// Moves all processes of other groups into these, those that are forked meanwhile too.
    public func takeAll(from others: ControlGroups) throws(SystemError) {
        for group in groups where !others.groups.contains(group) {
            var missing = try others.processes().subtracting(group.processes())
            while !missing.isEmpty {
                for process in missing {
                    do throws(SystemError) { try group.attach(process) } catch {
                        // It has ended.
                        if error.errno != .noSuchProcess { throw error }
                    }
                }
                missing = try others.processes().subtracting(group.processes())
            }
        }
    }
}
