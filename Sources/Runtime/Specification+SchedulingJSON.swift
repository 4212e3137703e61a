import Model

extension Specification.Scheduler {
    init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        self.init(policy: try fields.requiredString("policy"))
        nice = try fields.number("nice", Int32.self) ?? 0
        priority = try fields.number("priority", Int32.self) ?? 0
        flags = try fields.strings("flags")
        runtime = try fields.number("runtime", UInt64.self) ?? 0
        deadline = try fields.number("deadline", UInt64.self) ?? 0
        period = try fields.number("period", UInt64.self) ?? 0
        try fields.finish()
    }

    var json: JSON {
        var fields = FieldWriter()
        fields.add("policy", policy)
        fields.add("nice", nice)
        fields.add("priority", priority)
        fields.list("flags", flags)
        fields.add("runtime", runtime)
        fields.add("deadline", deadline)
        fields.add("period", period)
        return fields.json
    }
}

extension Specification.IOPriority {
    init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        self.init(
            schedulingClass: try fields.requiredString("class"),
            priority: try fields.number("priority", Int32.self) ?? 0)
        try fields.finish()
    }

    var json: JSON { ["class": .string(schedulingClass), "priority": .integer(priority)] }
}
