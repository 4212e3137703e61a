import Model

extension Specification.Resources {
    /// The `linux.resources` section, or a document of its own that `update` is given.
    /// - Parameter field: what it is called in errors; empty for a document.
    public init(parsing json: JSON, _ field: String = "") throws(RuntimeError) {
        var fields = try FieldReader(json, field)
        self.init()
        devices = try fields.list("devices") { value, name throws(RuntimeError) in
            try Specification.DeviceRule(parsing: value, name)
        }
        if let json = fields.take("memory") { memory = try .init(parsing: json, fields.name("memory")) }
        if let json = fields.take("cpu") { cpu = try .init(parsing: json, fields.name("cpu")) }
        if let json = fields.take("pids") {
            var pids = try FieldReader(json, fields.name("pids"))
            self.pids = try pids.number("limit", Int64.self)
            try pids.finish()
        }
        if let json = fields.take("blockIO") { blockIO = try .init(parsing: json, fields.name("blockIO")) }
        hugepages = try fields.list("hugepageLimits") { value, name throws(RuntimeError) in
            var fields = try FieldReader(value, name)
            let size = try fields.requiredString("pageSize")
            let limit = Specification.HugepageLimit(pageSize: size, limit: try fields.requiredNumber("limit"))
            try fields.finish()
            return limit
        }
        if let json = fields.take("network") { try readNetwork(json, fields.name("network")) }
        unified = try fields.pairs("unified").map { .init(file: $0.key, value: $0.value) }
        try fields.finish()
    }

    private mutating func readNetwork(_ json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        networkClass = try fields.number("classID", UInt32.self)
        networkPriorities = try fields.list("priorities") { value, name throws(RuntimeError) in
            var fields = try FieldReader(value, name)
            let interface = try fields.requiredString("name")
            let priority = Specification.NetworkPriority(
                interface: interface, priority: try fields.requiredNumber("priority"))
            try fields.finish()
            return priority
        }
        try fields.finish()
    }

    /// As in `config.json`; nil where it says nothing.
    public var json: JSON? {
        var fields = FieldWriter()
        fields.list("devices", devices) { $0.json }
        fields.add("memory", memory.json)
        fields.add("cpu", cpu.json)
        fields.add("pids", pids.map { ["limit": .integer($0)] })
        fields.add("blockIO", blockIO.json)
        fields.list("hugepageLimits", hugepages) {
            ["pageSize": .string($0.pageSize), "limit": .integer($0.limit)]
        }
        var network = FieldWriter()
        network.add("classID", networkClass)
        network.list("priorities", networkPriorities) {
            ["name": .string($0.interface), "priority": .integer($0.priority)]
        }
        fields.add("network", network.jsonUnlessEmpty)
        fields.pairs("unified", unified.map { .init(key: $0.file, value: $0.value) })
        return fields.jsonUnlessEmpty
    }
}

extension Specification.DeviceRule {
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        let type = try fields.text("type") ?? "a"
        // `u` is a character device without buffer: another word for the same kind.
        guard let kind = Kind(rawValue: type == "u" ? "c" : type) else {
            throw FieldReader.mistake(fields.name("type"), "\(type) is no kind of device")
        }
        self.init(
            allows: try fields.bool("allow"), kind: kind, major: try fields.deviceNumber("major"),
            minor: try fields.deviceNumber("minor"))
        if let text = try fields.text("access") {
            let access = text.compactMap { Access(rawValue: String($0)) }
            guard access.count == text.count else {
                throw FieldReader.mistake(fields.name("access"), "it has letters other than r, w and m")
            }
            self.access = Set(access)
        }
        try fields.finish()
    }

    fileprivate var json: JSON {
        var fields = FieldWriter()
        fields.add("allow", .bool(allows))
        fields.add("type", kind.rawValue)
        fields.add("major", major)
        fields.add("minor", minor)
        fields.add("access", Access.allCases.filter(access.contains).map(\.rawValue).joined())
        return fields.json
    }
}

extension FieldReader {
    /// Nil for all: nothing, or -1 as engines write it.
    fileprivate mutating func deviceNumber(_ key: String) throws(RuntimeError) -> UInt32? {
        guard let number = try number(key, Int64.self), number != -1 else { return nil }
        guard let number = UInt32(exactly: number) else {
            throw FieldReader.mistake(name(key), "\(number) is no number of a device")
        }
        return number
    }
}

extension Specification.Memory {
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        self.init()
        limit = try fields.number("limit", Int64.self)
        reservation = try fields.number("reservation", Int64.self)
        swap = try fields.number("swap", Int64.self)
        swappiness = try fields.number("swappiness", UInt64.self)
        if let swappiness, swappiness > 100 {
            throw FieldReader.mistake(fields.name("swappiness"), "it is not from 0 to 100")
        }
        disablesOOMKiller = try fields.bool("disableOOMKiller")
        usesHierarchy = try fields.optionalBool("useHierarchy")
        // Not to check is the default, and so said nothing.
        if try fields.bool("checkBeforeUpdate") {
            throw FieldReader.mistake(fields.name("checkBeforeUpdate"), "this runtime does not implement it")
        }
        try fields.finish()
    }

    fileprivate var json: JSON? {
        var fields = FieldWriter()
        fields.add("limit", limit)
        fields.add("reservation", reservation)
        fields.add("swap", swap)
        fields.add("swappiness", swappiness)
        fields.flag("disableOOMKiller", disablesOOMKiller)
        fields.add("useHierarchy", usesHierarchy.map(JSON.bool))
        return fields.jsonUnlessEmpty
    }
}

extension Specification.CPU {
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        self.init()
        shares = try fields.number("shares", UInt64.self)
        quota = try fields.number("quota", Int64.self)
        period = try fields.number("period", UInt64.self)
        burst = try fields.number("burst", UInt64.self)
        realtimeRuntime = try fields.number("realtimeRuntime", Int64.self)
        realtimePeriod = try fields.number("realtimePeriod", UInt64.self)
        cpus = try fields.text("cpus")
        mems = try fields.text("mems")
        idle = try fields.number("idle", Int64.self)
        try fields.finish()
    }

    fileprivate var json: JSON? {
        var fields = FieldWriter()
        fields.add("shares", shares)
        fields.add("quota", quota)
        fields.add("period", period)
        fields.add("burst", burst)
        fields.add("realtimeRuntime", realtimeRuntime)
        fields.add("realtimePeriod", realtimePeriod)
        fields.add("cpus", cpus)
        fields.add("mems", mems)
        fields.add("idle", idle)
        return fields.jsonUnlessEmpty
    }
}
