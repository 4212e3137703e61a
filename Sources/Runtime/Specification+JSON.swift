import Linux
import Model

extension Specification {
    /// Reads a `config.json` (runtime-spec 1.2, config.md and config-linux.md). A field that this runtime does not
    /// implement is refused by its name, unless its value is null or empty.
    public init(parsing json: JSON) throws(RuntimeError) {
        var fields = try FieldReader(json, "")
        let version = try fields.requiredString("ociVersion")
        guard version.hasPrefix("1.") else { throw FieldReader.mistake("ociVersion", "\(version) is not 1.x") }
        process = try Process(parsing: try fields.required("process"), "process")
        root = try Root(parsing: try fields.required("root"))
        hostname = try fields.text("hostname")
        domainname = try fields.text("domainname")
        mounts = try fields.list("mounts") { value, name throws(RuntimeError) in try Mount(parsing: value, name) }
        annotations = try fields.pairs("annotations")
        if let hooks = fields.take("hooks") { self.hooks = try Hooks(parsing: hooks) }
        linux = try Linux(parsing: try fields.required("linux"))
        try fields.finish()
    }

    /// The `config.json` that ``init(parsing:)`` reads back as this value. The same value gives the same document.
    ///
    /// Throws where a text is not UTF-8: JSON can't hold it.
    public func json() throws(RuntimeError) -> JSON {
        var fields = FieldWriter()
        fields.add("ociVersion", Specification.version)
        fields.add("process", try process.json())
        fields.add("root", ["path": try FieldWriter.text(root.path, "root.path"), "readonly": .bool(root.isReadOnly)])
        fields.add("hostname", hostname)
        fields.add("domainname", domainname)
        try fields.list("mounts", mounts) { mount throws(RuntimeError) in try mount.json() }
        fields.pairs("annotations", annotations)
        fields.add("hooks", hooks.json)
        fields.add("linux", try linux.json())
        return fields.json
    }

    /// Of the runtime specification that this runtime goes by.
    public static let version = "1.2.0"
}

extension Specification.Root {
    fileprivate init(parsing json: JSON) throws(RuntimeError) {
        var fields = try FieldReader(json, "root")
        path = ByteName(try fields.requiredString("path"))
        isReadOnly = try fields.bool("readonly")
        try fields.finish()
    }
}

extension Specification.Mount {
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        let text = try fields.requiredString("destination")
        // A relative one is meant from the root (config.md, "Mounts").
        let path = text.hasPrefix("/") ? text : "/" + text
        destination = try FieldReader.path(.string(path), fields.name("destination"))
        options = try fields.strings("options")
        let isBind = options.contains("bind") || options.contains("rbind")
        // The type of a bind mount is without meaning, and often left out (config.md, "Mounts").
        let type = try fields.string("type")
        guard let kind = isBind ? "bind" : type else { throw FieldReader.mistake(fields.name("type"), "it is missing") }
        self.type = kind
        source = ByteName(try fields.string("source") ?? "")
        uidMappings = try fields.mappings("uidMappings")
        gidMappings = try fields.mappings("gidMappings")
        try fields.finish()
    }

    fileprivate func json() throws(RuntimeError) -> JSON {
        // A bind mount is told by its option (config.md, "Mounts").
        let bindOptions: Set<String> = ["bind", "rbind"]
        let options = type == "bind" && bindOptions.isDisjoint(with: options) ? ["bind"] + options : options
        var fields = FieldWriter()
        fields.add("destination", try FieldWriter.text(destination, "mounts.destination"))
        fields.add("type", type)
        fields.add("source", try FieldWriter.text(source, "mounts.source"))
        fields.list("options", options)
        fields.mappings("uidMappings", uidMappings)
        fields.mappings("gidMappings", gidMappings)
        return fields.json
    }
}

extension FieldReader {
    mutating func mappings(_ key: String) throws(RuntimeError) -> [Specification.IDMapping] {
        try list(key) { value, name throws(RuntimeError) in
            var fields = try FieldReader(value, name)
            let mapping = Specification.IDMapping(
                container: try fields.requiredNumber("containerID"), host: try fields.requiredNumber("hostID"),
                size: try fields.requiredNumber("size"))
            try fields.finish()
            return mapping
        }
    }
}

extension FieldWriter {
    mutating func mappings(_ key: String, _ mappings: [Specification.IDMapping]) {
        list(key, mappings) {
            ["containerID": .integer($0.container), "hostID": .integer($0.host), "size": .integer($0.size)]
        }
    }
}
