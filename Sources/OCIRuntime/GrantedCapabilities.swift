import Runtime

extension Specification.Capabilities {
    /// The sets without what can't be granted: that is told and no reason to fail (config.md, "Linux Process").
    /// - Parameters:
    ///   - linux: the container's; in a user namespace that is not the caller's there are all.
    ///   - warned: is told of what is left out.
    func granted(
        in linux: Specification.Linux, warned: (String) -> Void
    ) throws -> Specification.Capabilities {
        let hasAll = linux.namespaces.contains(.user) || linux.joinedNamespaces[.user] != nil
        let available = hasAll ? CapabilitySet(bits: .max) : try .available()
        var granted = self
        func limit(_ set: WritableKeyPath<Self, CapabilitySet>, to limit: CapabilitySet, _ name: String, _ why: String)
        {
            let excess = granted[keyPath: set].subtracting(limit)
            guard excess.bits != 0 else { return }
            granted[keyPath: set].bits &= limit.bits
            warned("grant \(name) capabilities: \(excess.names.joined(separator: ", ")): \(why)")
        }
        limit(\.bounding, to: available, "bounding", "the runtime has none to give")
        limit(\.permitted, to: available, "permitted", "the runtime has none to give")
        limit(\.inheritable, to: available, "inheritable", "the runtime has none to give")
        limit(\.effective, to: granted.permitted, "effective", "they are not permitted")
        let both = CapabilitySet(bits: granted.permitted.bits & granted.inheritable.bits)
        limit(\.ambient, to: both, "ambient", "they are not both permitted and inheritable")
        return granted
    }
}
