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

    /// That of version 2: what freezes, kills and filters devices at once.
    public var unified: ControlGroup? { groups.first { $0.version == .two } }

    /// Where a controller works; nil where none does, for the kernel does not offer it or it was not asked for.
    public func group(of controller: ControlGroup.Controller) -> ControlGroup? {
        groups.first { $0.controllers.contains(controller) }
    }

    /// Makes the groups, or takes those that are there. They may have less than what is asked for, and there may be none.
    ///
    /// Each controller costs on version 1: the first process that enters a group waits for all processors of the machine.
    /// So they are made only for what is asked for. Without version 2 the freezer is always one of them.
    public static func make(
        _ path: ControlGroupPath, with controllers: Set<ControlGroup.Controller>, in hierarchies: ControlHierarchies
    ) throws(SystemError) -> ControlGroups {
        var made: [ControlGroup] = []
        do throws(SystemError) {
            var missing = controllers
            if let unified = hierarchies.unified {
                // Where there is nothing else, all of it, so that what it uses is counted.
                let group = try unified.make(path, with: hierarchies.legacy.isEmpty ? nil : controllers)
                made.append(group)
                missing.subtract(group.controllers)
            } else {
                missing.insert(.freezer)
            }
            for hierarchy in hierarchies.legacy where !hierarchy.controllers.isDisjoint(with: missing) {
                made.append(try hierarchy.make(path, with: missing))
            }
            return ControlGroups(made)
        } catch {
            // Only the empty ones go, and the first error is the one to tell.
            do throws(SystemError) { try ControlGroups(made).remove() } catch {}
            throw error
        }
    }

    /// The groups at `path` that exist; empty where none does.
    public static func find(
        _ path: ControlGroupPath, in hierarchies: ControlHierarchies
    ) throws(SystemError) -> ControlGroups {
        var found: [ControlGroup] = []
        for hierarchy in hierarchies.all {
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
    /// Moves all processes of others groups into these, those that are forked meanwhile too.
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
