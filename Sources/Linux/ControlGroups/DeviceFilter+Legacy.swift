import Model

/// The same rules for the devices controller of version 1 (cgroup-v1/devices.rst): one answer for everything, and a list of
/// exceptions to it, of which only one that is there can be taken back.
extension DeviceFilter {
    /// What is written to a group's files, in this order. Nil where the controller can't hold the rules.
    var legacyWrites: [(file: String, text: String)]? {
        let base = rules.lastIndex(where: \.isOfEverything)
        let allowsBase = base.map { rules[$0].allows } ?? false
        var writes = [(DeviceFilter.file(allowing: allowsBase), "a")]
        var exceptions: [Rule] = []
        for rule in rules[(base.map { $0 + 1 } ?? 0)...].flatMap(\.ofOneKind) {
            if rule.allows == allowsBase {
                // It takes something back, or says what holds anyway.
                guard exceptions.allSatisfy({ $0.isOfSameDevices(as: rule) || !$0.overlaps(rule) }) else { return nil }
            } else {
                exceptions.append(rule)
            }
            writes.append((DeviceFilter.file(allowing: rule.allows), rule.legacyText))
        }
        return writes
    }

    /// Makes the rules hold in a group of version 1.
    /// - Returns: false, with nothing written, where its controller can't hold them.
    public func write(to group: ControlGroup) throws(SystemError) -> Bool {
        guard let writes = legacyWrites else { return false }
        for write in writes { try group.write(write.text, to: write.file) }
        return true
    }

    private static func file(allowing: Bool) -> String { allowing ? "devices.allow" : "devices.deny" }
}

extension DeviceFilter.Rule {
    /// The controller knows the two kinds together only for everything.
    fileprivate var ofOneKind: [Self] {
        if kind != nil { return [self] }
        return [FileKind.characterDevice, .blockDevice].map { kind in
            var rule = self
            rule.kind = kind
            return rule
        }
    }

    fileprivate func isOfSameDevices(as other: Self) -> Bool {
        kind == other.kind && major == other.major && minor == other.minor
    }

    fileprivate func overlaps(_ other: Self) -> Bool {
        kind == other.kind && (major == nil || other.major == nil || major == other.major)
            && (minor == nil || other.minor == nil || minor == other.minor) && !access.isDisjoint(with: other.access)
    }

    fileprivate var legacyText: String {
        let letters: [(DeviceFilter.Access, String)] = [(.read, "r"), (.write, "w"), (.make, "m")]
        let access = letters.filter { self.access.contains($0.0) }.map(\.1).joined()
        let numbers = [major, minor].map { $0.map { "\($0)" } ?? "*" }.joined(separator: ":")
        return "\(kind == .blockDevice ? "b" : "c") \(numbers) \(access)"
    }
}
