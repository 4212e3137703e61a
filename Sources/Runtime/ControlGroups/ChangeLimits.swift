import Linux

extension Runtime {
    /// Changes the limits of a running container to those of `resources`, but for its devices. What these do not speak of stays
    /// as it is.
    public static func limit(_ path: ControlGroupPath, to resources: Specification.Resources) throws(RuntimeError) {
        let limits = try resources.limits()
        let groups = try doing("change limits of", path.displayed) { () throws(SystemError) in
            let hierarchies = try ControlHierarchies.mounted()
            let groups = try ControlGroups.find(path, in: hierarchies)
            guard !groups.isEmpty else { return groups }
            let missing = Set(limits.filter { !$0.liftsOnly }.map(\.controller)).filter { groups.group(of: $0) == nil }
            if missing.isEmpty { return groups }
            // On version 1 a group of its own for each controller, into which all processes have to move.
            let more = try ControlGroups.make(path, with: missing, in: hierarchies)
            try more.takeAll(from: groups)
            return try ControlGroups.find(path, in: hierarchies)
        }
        guard !groups.isEmpty else {
            throw RuntimeError(.failed, "change limits of", path.displayed, "there is no such control group")
        }
        try groups.apply(limits)
    }
}
