import Linux
import Model

extension Specification {
    /// The `config.json` that ``init(parsing:)`` reads back as this value. The same value gives the same document.
    ///
    /// Throws where a text is not UTF-8: JSON can't hold it.
    public func json() throws(RuntimeError) -> JSON {
        var members: [JSON.Member] = [
            .init("ociVersion", "1.2.0"),
            .init("process", try process.json()),
            .init("root", ["path": try text(root.path, "root.path"), "readonly": .bool(root.isReadOnly)]),
        ]
        if let hostname { members.append(.init("hostname", .string(hostname))) }
        if let domainname { members.append(.init("domainname", .string(domainname))) }
        var list: [JSON] = []
        for mount in mounts { list.append(try mount.json()) }
        members.append(.init("mounts", .array(list)))
        if !annotations.isEmpty {
            members.append(.init("annotations", .object(annotations.map { .init($0.key, .string($0.value)) })))
        }
        members.append(.init("linux", try linux.json()))
        return .object(members)
    }
}

private func text(_ name: ByteName, _ field: String) throws(RuntimeError) -> JSON {
    guard let string = name.string else {
        throw RuntimeError(.refused, "write config.json", field, "\(name.displayed) is not UTF-8")
    }
    return .string(string)
}

private func text(_ path: BytePath, _ field: String) throws(RuntimeError) -> JSON {
    try text(ByteName(path.bytes), field)
}

private func texts(_ names: [ByteName], _ field: String) throws(RuntimeError) -> JSON {
    var list: [JSON] = []
    for name in names { list.append(try text(name, field)) }
    return .array(list)
}

extension Specification.Mount {
    fileprivate func json() throws(RuntimeError) -> JSON {
        // A bind mount is told by its option (config.md, "Mounts").
        let bindOptions: Set<String> = ["bind", "rbind"]
        let options = type == "bind" && bindOptions.isDisjoint(with: options) ? ["bind"] + options : options
        return [
            "destination": try text(destination, "mounts.destination"), "type": .string(type),
            "source": try text(source, "mounts.source"), "options": .array(options.map(JSON.string)),
        ]
    }
}

extension Specification.Process {
    fileprivate func json() throws(RuntimeError) -> JSON {
        var members: [JSON.Member] = [.init("terminal", .bool(hasTerminal))]
        if let size = consoleSize {
            members.append(.init("consoleSize", ["height": .integer(size.rows), "width": .integer(size.columns)]))
        }
        members += [
            .init(
                "user",
                [
                    "uid": .integer(user.uid), "gid": .integer(user.gid), "umask": .integer(user.umask),
                    "additionalGids": .array(user.additionalGroups.map { .integer($0) }),
                ]),
            .init("args", try texts(arguments, "process.args")),
            .init("env", try texts(environment, "process.env")),
            .init("cwd", try text(workingDirectory, "process.cwd")),
            .init("capabilities", capabilities.json),
            .init("rlimits", .array(limits.map(\.json))),
            .init("noNewPrivileges", .bool(noNewPrivileges)),
        ]
        return .object(members)
    }
}

extension Specification.Capabilities {
    fileprivate var json: JSON {
        func names(_ set: CapabilitySet) -> JSON { .array(set.names.map(JSON.string)) }
        return [
            "bounding": names(bounding), "effective": names(effective), "permitted": names(permitted),
            "inheritable": names(inheritable), "ambient": names(ambient),
        ]
    }
}

extension Specification.Limit {
    fileprivate var json: JSON {
        ["type": .string(resource.rawValue), "soft": .integer(soft), "hard": .integer(hard)]
    }
}

extension Specification.Linux {
    fileprivate func json() throws(RuntimeError) -> JSON {
        let ordered = Specification.Namespace.allCases.filter(namespaces.contains)
        var devices: [JSON] = []
        for device in self.devices { devices.append(try device.json()) }
        let rules = resources.devices.map { rule -> JSON in ["allow": .bool(rule.allows), "access": "rwm"] }
        var members: [JSON.Member] = [
            .init("namespaces", .array(ordered.map { ["type": .string($0.rawValue)] })),
            .init("devices", .array(devices)),
            .init("resources", ["devices": .array(rules)]),
        ]
        if let cgroupsPath { members.append(.init("cgroupsPath", try text(cgroupsPath, "linux.cgroupsPath"))) }
        members += [
            .init("maskedPaths", try texts(maskedPaths.map { ByteName($0.bytes) }, "linux.maskedPaths")),
            .init("readonlyPaths", try texts(readonlyPaths.map { ByteName($0.bytes) }, "linux.readonlyPaths")),
        ]
        return .object(members)
    }
}

extension Specification.Device {
    fileprivate func json() throws(RuntimeError) -> JSON {
        [
            "path": try text(path, "linux.devices.path"), "type": kind == .blockDevice ? "b" : "c",
            "major": .integer(number.major), "minor": .integer(number.minor), "fileMode": .integer(permissions),
            "uid": .integer(uid), "gid": .integer(gid),
        ]
    }
}
