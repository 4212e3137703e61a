import Linux
import Model

extension Specification {
    /// Reads a `config.json` (runtime-spec 1.2, config.md and config-linux.md). A field that this runtime does not
    /// implement is refused by its name, unless its value is null or empty.
    public init(parsing json: JSON) throws(RuntimeError) {
        var fields = try FieldReader(json, "")
        let version = try FieldReader.string(try fields.required("ociVersion"), "ociVersion")
        guard version.hasPrefix("1.") else { throw FieldReader.mistake("ociVersion", "\(version) is not 1.x") }
        process = try Process(parsing: try fields.required("process"))
        root = try Root(parsing: try fields.required("root"))
        hostname = try fields.string("hostname")
        domainname = try fields.string("domainname")
        mounts = try fields.list("mounts") { value, name throws(RuntimeError) in try Mount(parsing: value, name) }
        annotations = try Specification.annotations(fields.take("annotations"))
        linux = try Linux(parsing: try fields.required("linux"))
        try fields.finish()
    }

    private static func annotations(_ json: JSON?) throws(RuntimeError) -> [Annotation] {
        guard let json else { return [] }
        guard let members = json.object else { throw FieldReader.mistake("annotations", "it is no object") }
        var result: [Annotation] = []
        for member in members {
            let value = try FieldReader.string(member.value, "annotations.\(member.key)")
            result.append(Annotation(key: member.key, value: value))
        }
        return result
    }
}

extension Specification.Root {
    fileprivate init(parsing json: JSON) throws(RuntimeError) {
        var fields = try FieldReader(json, "root")
        path = ByteName(try FieldReader.string(try fields.required("path"), "root.path"))
        isReadOnly = try fields.bool("readonly")
        try fields.finish()
    }
}

extension Specification.Mount {
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        destination = try FieldReader.path(try fields.required("destination"), fields.name("destination"))
        options = try fields.strings("options")
        let isBind = options.contains("bind") || options.contains("rbind")
        // The type of a bind mount is without meaning, and often left out (config.md, "Mounts").
        let type = try fields.string("type")
        guard let kind = isBind ? "bind" : type else { throw FieldReader.mistake(fields.name("type"), "it is missing") }
        self.type = kind
        source = ByteName(try fields.string("source") ?? "")
        try fields.finish()
    }
}

extension Specification.Process {
    fileprivate init(parsing json: JSON) throws(RuntimeError) {
        var fields = try FieldReader(json, "process")
        self.init(
            arguments: try fields.strings("args").map { ByteName($0) },
            environment: try fields.strings("env").map { ByteName($0) },
            workingDirectory: try FieldReader.path(try fields.required("cwd"), "process.cwd"),
            user: try Specification.User(parsing: fields.take("user")),
            hasTerminal: try fields.bool("terminal"))
        if let size = fields.take("consoleSize") {
            var sides = try FieldReader(size, "process.consoleSize")
            consoleSize = TerminalSize(
                rows: try sides.number("height", UInt16.self) ?? 0,
                columns: try sides.number("width", UInt16.self) ?? 0)
            try sides.finish()
        }
        if let sets = fields.take("capabilities") { capabilities = try Specification.Capabilities(parsing: sets) }
        limits = try fields.list("rlimits") { value, name throws(RuntimeError) in
            try Specification.Limit(parsing: value, name)
        }
        noNewPrivileges = try fields.bool("noNewPrivileges")
        try fields.finish()
    }
}

extension Specification.User {
    fileprivate init(parsing json: JSON?) throws(RuntimeError) {
        self.init()
        guard let json else { return }
        var fields = try FieldReader(json, "process.user")
        uid = try fields.number("uid", UInt32.self) ?? 0
        gid = try fields.number("gid", UInt32.self) ?? 0
        umask = try fields.number("umask", UInt32.self) ?? 0o022
        additionalGroups = try fields.list("additionalGids") { value, name throws(RuntimeError) in
            try FieldReader.number(value, name)
        }
        try fields.finish()
    }
}

extension Specification.Capabilities {
    fileprivate init(parsing json: JSON) throws(RuntimeError) {
        var fields = try FieldReader(json, "process.capabilities")
        bounding = try CapabilitySet(names: try fields.strings("bounding"))
        effective = try CapabilitySet(names: try fields.strings("effective"))
        permitted = try CapabilitySet(names: try fields.strings("permitted"))
        inheritable = try CapabilitySet(names: try fields.strings("inheritable"))
        ambient = try CapabilitySet(names: try fields.strings("ambient"))
        try fields.finish()
    }
}

extension Specification.Limit {
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        let type = try FieldReader.string(try fields.required("type"), fields.name("type"))
        guard let resource = Specification.Resource(rawValue: type) else {
            throw FieldReader.mistake(fields.name("type"), "\(type) is no resource limit")
        }
        self.resource = resource
        soft = try FieldReader.number(try fields.required("soft"), fields.name("soft"))
        hard = try FieldReader.number(try fields.required("hard"), fields.name("hard"))
        try fields.finish()
    }
}
