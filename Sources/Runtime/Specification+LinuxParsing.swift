import Linux
import Model

extension Specification.Linux {
    init(parsing json: JSON) throws(RuntimeError) {
        var fields = try FieldReader(json, "linux")
        let namespaces = try fields.list("namespaces") { value, name throws(RuntimeError) in
            try Specification.Namespace(parsing: value, name)
        }
        self.init(
            namespaces: Set(namespaces),
            devices: try fields.list("devices") { value, name throws(RuntimeError) in
                try Specification.Device(parsing: value, name)
            },
            cgroupsPath: try fields.path("cgroupsPath"),
            maskedPaths: try fields.paths("maskedPaths"),
            readonlyPaths: try fields.paths("readonlyPaths"))
        resources = try Specification.Resources(parsing: fields.take("resources"))
        try fields.finish()
    }
}

extension FieldReader {
    fileprivate mutating func paths(_ key: String) throws(RuntimeError) -> [BytePath] {
        try list(key) { value, name throws(RuntimeError) in try FieldReader.path(value, name) }
    }
}

extension Specification.Namespace {
    /// A namespace to join has a `path` too, which is refused.
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        let type = try FieldReader.string(try fields.required("type"), fields.name("type"))
        guard let namespace = Specification.Namespace(rawValue: type) else {
            throw FieldReader.mistake(fields.name("type"), "a \(type) namespace is not implemented")
        }
        self = namespace
        try fields.finish()
    }
}

extension Specification.Resources {
    /// Whether one rule allows every device.
    var allowsAllDevices: Bool { devices.last == Specification.DeviceRule(allows: true) }

    /// `linux.resources`, of which only one rule for all devices is known.
    fileprivate init(parsing json: JSON?) throws(RuntimeError) {
        self.init()
        guard let json else { return }
        var fields = try FieldReader(json, "linux.resources")
        let rules = try fields.list("devices") { value, name throws(RuntimeError) in
            var rule = try FieldReader(value, name)
            let allows = try rule.bool("allow")
            let access = try rule.string("access") ?? "rwm"
            let type = try rule.string("type") ?? "a"
            try rule.finish()
            guard access == "rwm", type == "a" else { throw FieldReader.mistake(name, "it is no rule for all devices") }
            return allows
        }
        guard rules.count <= 1 else {
            throw FieldReader.mistake("linux.resources.devices", "more than one rule is not implemented")
        }
        devices = rules.map { Specification.DeviceRule(allows: $0) }
        try fields.finish()
    }
}

extension Specification.Device {
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        let type = try FieldReader.string(try fields.required("type"), fields.name("type"))
        guard let kind: FileKind = ["c": .characterDevice, "u": .characterDevice, "b": .blockDevice][type] else {
            throw FieldReader.mistake(fields.name("type"), "\(type) is no kind of device")
        }
        self.init(
            try FieldReader.path(try fields.required("path"), fields.name("path")), kind: kind,
            number: DeviceNumber(
                major: try FieldReader.number(try fields.required("major"), fields.name("major")),
                minor: try FieldReader.number(try fields.required("minor"), fields.name("minor"))),
            permissions: try fields.number("fileMode", UInt16.self).map { $0 & 0o7777 } ?? 0o666,
            uid: try fields.number("uid", UInt32.self) ?? 0, gid: try fields.number("gid", UInt32.self) ?? 0)
        try fields.finish()
    }
}
