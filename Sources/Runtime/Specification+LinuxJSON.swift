import Linux
import Model

extension Specification.Linux {
    init(parsing json: JSON) throws(RuntimeError) {
        var fields = try FieldReader(json, "linux")
        self.init(namespaces: [])
        try readNamespaces(&fields)
        uidMappings = try fields.mappings("uidMappings")
        gidMappings = try fields.mappings("gidMappings")
        devices = try fields.list("devices") { value, name throws(RuntimeError) in
            try Specification.Device(parsing: value, name)
        }
        // One that does not begin with / may be taken from wherever the runtime likes (config-linux.md, "Cgroups Path").
        if let text = try fields.text("cgroupsPath"), !text.isEmpty {
            guard let path = ControlGroupPath(parsing: text) else {
                throw FieldReader.mistake("linux.cgroupsPath", "it names no group, or has ..")
            }
            cgroupsPath = path
        }
        if let json = fields.take("resources") {
            resources = try Specification.Resources(parsing: json, fields.name("resources"))
        }
        sysctl = try fields.pairs("sysctl")
        if let json = fields.take("seccomp") { seccomp = try Specification.Seccomp(parsing: json, "linux.seccomp") }
        rootfsPropagation = try Specification.Propagation(parsing: fields.text("rootfsPropagation"))
        mountLabel = try fields.text("mountLabel")
        if let json = fields.take("personality") { personality = try Specification.Personality(parsing: json) }
        maskedPaths = try fields.paths("maskedPaths")
        readonlyPaths = try fields.paths("readonlyPaths")
        try fields.finish()
    }

    private mutating func readNamespaces(_ fields: inout FieldReader) throws(RuntimeError) {
        var seen: Set<Specification.Namespace> = []
        _ = try fields.list("namespaces") { value, name throws(RuntimeError) in
            var fields = try FieldReader(value, name)
            let type: Specification.Namespace? = try fields.choice("type", "is no kind of namespace")
            guard let type else { throw FieldReader.mistake(fields.name("type"), "it is missing") }
            guard seen.insert(type).inserted else {
                throw FieldReader.mistake(fields.name("type"), "\(type.rawValue) stands twice")
            }
            if let path = try fields.text("path") {
                guard path.hasPrefix("/") else {
                    throw FieldReader.mistake(fields.name("path"), "it is no absolute path")
                }
                joinedNamespaces[type] = ByteName(path)
            } else {
                namespaces.insert(type)
            }
            try fields.finish()
        }
    }

    func json() throws(RuntimeError) -> JSON {
        var fields = FieldWriter()
        let present = Specification.Namespace.allCases.filter {
            namespaces.contains($0) || joinedNamespaces[$0] != nil
        }
        try fields.list("namespaces", present) { namespace throws(RuntimeError) in
            var fields = FieldWriter()
            fields.add("type", namespace.rawValue)
            if let path = joinedNamespaces[namespace] {
                fields.add("path", try FieldWriter.text(path, "linux.namespaces.path"))
            }
            return fields.json
        }
        fields.mappings("uidMappings", uidMappings)
        fields.mappings("gidMappings", gidMappings)
        try fields.list("devices", devices) { device throws(RuntimeError) in try device.json() }
        if let cgroupsPath {
            fields.add("cgroupsPath", try FieldWriter.text(ByteName(cgroupsPath.bytes), "linux.cgroupsPath"))
        }
        fields.add("resources", resources.json)
        fields.pairs("sysctl", sysctl)
        fields.add("seccomp", try seccomp?.json())
        fields.add("rootfsPropagation", rootfsPropagation?.rawValue)
        fields.add("mountLabel", mountLabel)
        fields.add("personality", personality.map { ["domain": .string($0.rawValue)] })
        try fields.list("maskedPaths", maskedPaths, "linux.maskedPaths")
        try fields.list("readonlyPaths", readonlyPaths, "linux.readonlyPaths")
        return fields.json
    }
}

extension Specification.Propagation {
    /// The recursive forms are what engines write, and mean the same of the root.
    fileprivate init?(parsing text: String?) throws(RuntimeError) {
        guard let text else { return nil }
        let names = ["rshared": "shared", "rslave": "slave", "rprivate": "private", "runbindable": "unbindable"]
        guard let propagation = Specification.Propagation(rawValue: names[text] ?? text) else {
            throw FieldReader.mistake("linux.rootfsPropagation", "\(text) is no kind of propagation")
        }
        self = propagation
    }
}

extension Specification.Personality {
    /// No flag is defined yet (config-linux.md, "Personality").
    fileprivate init?(parsing json: JSON) throws(RuntimeError) {
        var fields = try FieldReader(json, "linux.personality")
        let domain: Specification.Personality? = try fields.choice("domain", "is no execution domain")
        try fields.finish()
        guard let domain else { return nil }
        self = domain
    }
}

extension Specification.Device {
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        let type = try fields.requiredString("type")
        guard let kind: FileKind = ["c": .characterDevice, "u": .characterDevice, "b": .blockDevice][type] else {
            throw FieldReader.mistake(fields.name("type"), "\(type) is no kind of device")
        }
        self.init(
            try FieldReader.path(try fields.required("path"), fields.name("path")), kind: kind,
            number: DeviceNumber(
                major: try fields.requiredNumber("major"), minor: try fields.requiredNumber("minor")),
            // Engines put the file's type, in the kernel's form or in Go's, above the permissions.
            permissions: try fields.number("fileMode", UInt32.self).map { UInt16($0 & 0o7777) } ?? 0o666,
            uid: try fields.number("uid", UInt32.self) ?? 0, gid: try fields.number("gid", UInt32.self) ?? 0)
        try fields.finish()
    }

    fileprivate func json() throws(RuntimeError) -> JSON {
        [
            "path": try FieldWriter.text(path, "linux.devices.path"), "type": kind == .blockDevice ? "b" : "c",
            "major": .integer(number.major), "minor": .integer(number.minor), "fileMode": .integer(permissions),
            "uid": .integer(uid), "gid": .integer(gid),
        ]
    }
}
