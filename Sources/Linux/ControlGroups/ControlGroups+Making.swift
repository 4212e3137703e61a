import Model

/// One of a container's groups at a path that may be somebody else's too.
public struct ClaimedGroup: Hashable, Sendable {
    /// The name of its hierarchy.
    public let hierarchy: String
    /// Whether it is made for the container. Else it was there before, and stays when the container goes.
    public let isMade: Bool

    public init(hierarchy: String, isMade: Bool) {
        self.hierarchy = hierarchy
        self.isMade = isMade
    }
}

/// What a container has of the groups at its path, and who is told when it gets more.
public struct GroupClaims {
    /// What it has already.
    public var present: [ClaimedGroup]
    /// Called before a group is made or used, so that it is known to whoever comes after a kill; and once more, with the
    /// truth, where one that was to be made was not: it may be somebody else's.
    public var claim: (ClaimedGroup) throws(SystemError) -> Void

    public init(_ present: [ClaimedGroup] = [], _ claim: @escaping (ClaimedGroup) throws(SystemError) -> Void) {
        self.present = present
        self.claim = claim
    }
}

extension ControlGroups {
    /// Makes the groups, or takes those that are there. They may have less than what is asked for, and there may be none.
    ///
    /// Each controller costs on version 1: the first process that enters a group waits for all processors of the machine.
    /// So they are made only for what is asked for. Without version 2 the freezer is always one of them.
    /// - Parameter claims: whose the groups are; nil where the path is the container's alone.
    /// - Returns: the groups, and those among them that were not there before.
    /// - Throws: with claims, EBUSY where there are processes in one that the container has not got; EEXIST or ENOENT where
    ///   somebody makes or removes one of them meanwhile.
    public static func make(
        _ path: ControlGroupPath, with controllers: Set<ControlGroup.Controller>, in hierarchies: ControlHierarchies,
        claims: GroupClaims? = nil
    ) throws(SystemError) -> (all: ControlGroups, made: ControlGroups) {
        var (all, made): ([ControlGroup], [ControlGroup]) = ([], [])
        var promised: [String] = []
        func take(
            _ hierarchy: ControlHierarchies.Hierarchy, _ wanted: Set<ControlGroup.Controller>?
        ) throws(SystemError) -> ControlGroup {
            let expected = try hierarchy.claim(path, claims)
            if expected == true { promised.append(hierarchy.name) }
            let (group, isMade) = try hierarchy.make(path, with: wanted)
            all.append(group)
            if isMade { made.append(group) }
            if let expected, isMade != expected {
                throw SystemError("use control group", group.path.displayed, isMade ? .noEntry : .exists)
            }
            return group
        }
        do throws(SystemError) {
            var missing = controllers
            if let unified = hierarchies.unified {
                // Where there is nothing else, all of it, so that what it uses is counted.
                missing.subtract(try take(unified, hierarchies.legacy.isEmpty ? nil : controllers).controllers)
            } else {
                missing.insert(.freezer)
            }
            for hierarchy in hierarchies.legacy where !hierarchy.controllers.isDisjoint(with: missing) {
                _ = try take(hierarchy, missing)
            }
            return (ControlGroups(all), ControlGroups(made))
        } catch {
            // The first error is the one to tell.
            do throws(SystemError) {
                try ControlGroups(made).remove()
                for name in promised { try claims?.claim(ClaimedGroup(hierarchy: name, isMade: false)) }
            } catch {}
            throw error
        }
    }
}

extension ControlHierarchies.Hierarchy {
    /// - Returns: whether the group has to be missing, or has to be there; nil where either is fine.
    fileprivate func claim(_ path: ControlGroupPath, _ claims: GroupClaims?) throws(SystemError) -> Bool? {
        guard let claims else { return nil }
        if claims.present.contains(where: { $0.hierarchy == name }) { return false }
        let present = try find(path)
        if let present, try present.isPopulated() {
            throw SystemError("use control group", present.path.displayed, .busy)
        }
        try claims.claim(ClaimedGroup(hierarchy: name, isMade: present == nil))
        return present == nil
    }
}
