extension Specification {
    /// The fields that are read and written but not carried out yet. One that asks for something is refused by its name:
    /// to run without it would be to run something else.
    func refuseUnexecuted() throws(RuntimeError) {
        let fields: [(name: String, isAsked: Bool)] = [
            ("hooks", hooks != Hooks()),
            ("mounts.uidMappings", mounts.contains { !$0.uidMappings.isEmpty || !$0.gidMappings.isEmpty }),
            ("process.oomScoreAdj", process.oomScoreAdjustment != nil),
            ("process.apparmorProfile", process.apparmorProfile != nil),
            ("process.selinuxLabel", process.selinuxLabel != nil),
            ("process.scheduler", process.scheduler != nil),
            ("process.ioPriority", process.ioPriority != nil),
            ("linux.namespaces.path", !linux.joinedNamespaces.isEmpty),
            ("linux.namespaces: user", linux.namespaces.contains(.user)),
            ("linux.namespaces: time", linux.namespaces.contains(.time)),
            ("linux.uidMappings", !linux.uidMappings.isEmpty || !linux.gidMappings.isEmpty),
            ("linux.sysctl", !linux.sysctl.isEmpty),
            ("linux.rootfsPropagation", linux.rootfsPropagation ?? .private != .private),
            ("linux.mountLabel", linux.mountLabel != nil),
            ("linux.personality", linux.personality != nil),
        ]
        if let field = fields.first(where: \.isAsked) {
            throw RuntimeError(.refused, "run", field.name, "this runtime does not implement it")
        }
    }
}
