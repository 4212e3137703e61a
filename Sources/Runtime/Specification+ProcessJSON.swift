import Linux
import Model

extension Specification.Process {
    /// The `process` section, or a document of its own that `exec` is given.
    /// - Parameter field: what it is called in errors; empty for a document.
    public init(parsing json: JSON, _ field: String = "") throws(RuntimeError) {
        var fields = try FieldReader(json, field)
        self.init(
            arguments: try fields.strings("args").map { ByteName($0) },
            environment: try fields.strings("env").map { ByteName($0) },
            workingDirectory: try FieldReader.path(try fields.required("cwd"), fields.name("cwd")),
            hasTerminal: try fields.bool("terminal"))
        if let json = fields.take("user") { user = try Specification.User(parsing: json, fields.name("user")) }
        if let json = fields.take("consoleSize") {
            consoleSize = try TerminalSize(parsing: json, fields.name("consoleSize"))
        }
        if let json = fields.take("capabilities") {
            capabilities = try Specification.Capabilities(parsing: json, fields.name("capabilities"))
        }
        limits = try fields.list("rlimits") { value, name throws(RuntimeError) in
            try Specification.Limit(parsing: value, name)
        }
        noNewPrivileges = try fields.bool("noNewPrivileges")
        oomScoreAdjustment = try fields.number("oomScoreAdj", Int.self)
        if let oomScoreAdjustment, !(-1000...1000).contains(oomScoreAdjustment) {
            throw FieldReader.mistake(fields.name("oomScoreAdj"), "it is not from -1000 to 1000")
        }
        apparmorProfile = try fields.text("apparmorProfile")
        selinuxLabel = try fields.text("selinuxLabel")
        if let json = fields.take("scheduler") {
            scheduler = try Specification.Scheduler(parsing: json, fields.name("scheduler"))
        }
        if let json = fields.take("ioPriority") {
            ioPriority = try Specification.IOPriority(parsing: json, fields.name("ioPriority"))
        }
        try fields.finish()
    }

    func json() throws(RuntimeError) -> JSON {
        var fields = FieldWriter()
        fields.add("terminal", .bool(hasTerminal))
        fields.add("consoleSize", consoleSize.map { ["height": .integer($0.rows), "width": .integer($0.columns)] })
        fields.add("user", try user.json())
        try fields.list("args", arguments, "process.args")
        try fields.list("env", environment, "process.env")
        fields.add("cwd", try FieldWriter.text(workingDirectory, "process.cwd"))
        fields.add("capabilities", capabilities.json)
        try fields.list("rlimits", limits) { limit throws(RuntimeError) in limit.json }
        fields.add("noNewPrivileges", .bool(noNewPrivileges))
        fields.add("oomScoreAdj", oomScoreAdjustment)
        fields.add("apparmorProfile", apparmorProfile)
        fields.add("selinuxLabel", selinuxLabel)
        fields.add("scheduler", scheduler?.json)
        fields.add("ioPriority", ioPriority?.json)
        return fields.json
    }
}

extension TerminalSize {
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var sides = try FieldReader(json, name)
        self.init(
            rows: try sides.number("height", UInt16.self) ?? 0, columns: try sides.number("width", UInt16.self) ?? 0)
        try sides.finish()
    }
}

extension Specification.User {
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        self.init(
            uid: try fields.number("uid", UInt32.self) ?? 0, gid: try fields.number("gid", UInt32.self) ?? 0,
            additionalGroups: try fields.list("additionalGids") { value, name throws(RuntimeError) in
                try FieldReader.number(value, name)
            })
        if let umask = try fields.number("umask", UInt32.self) { self.umask = umask }
        try fields.finish()
    }

    fileprivate func json() throws(RuntimeError) -> JSON {
        var fields = FieldWriter()
        fields.add("uid", uid)
        fields.add("gid", gid)
        fields.add("umask", umask)
        fields.list("additionalGids", additionalGroups) { .integer($0) }
        return fields.json
    }
}

extension Specification.Capabilities {
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        self.init(
            bounding: try CapabilitySet(names: try fields.strings("bounding")),
            effective: try CapabilitySet(names: try fields.strings("effective")),
            permitted: try CapabilitySet(names: try fields.strings("permitted")),
            inheritable: try CapabilitySet(names: try fields.strings("inheritable")),
            ambient: try CapabilitySet(names: try fields.strings("ambient")))
        try fields.finish()
    }

    fileprivate var json: JSON {
        var fields = FieldWriter()
        fields.list("bounding", bounding.names)
        fields.list("effective", effective.names)
        fields.list("permitted", permitted.names)
        fields.list("inheritable", inheritable.names)
        fields.list("ambient", ambient.names)
        return fields.json
    }
}

extension Specification.Limit {
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        let type = try fields.requiredString("type")
        guard let resource = Specification.Resource(rawValue: type) else {
            throw FieldReader.mistake(fields.name("type"), "\(type) is no resource limit")
        }
        self.init(resource, soft: try fields.requiredNumber("soft"), hard: try fields.requiredNumber("hard"))
        try fields.finish()
    }

    fileprivate var json: JSON {
        ["type": .string(resource.rawValue), "soft": .integer(soft), "hard": .integer(hard)]
    }
}
