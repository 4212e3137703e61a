import Model

extension Specification.Seccomp {
    /// A filter that asks a program outside (`SCMP_ACT_NOTIFY`, `listenerPath`) is refused by that name.
    init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        self.init(defaultAction: try fields.action("defaultAction"))
        defaultErrno = try fields.number("defaultErrnoRet", UInt32.self)
        architectures = try fields.strings("architectures")
        flags = try fields.strings("flags")
        rules = try fields.list("syscalls") { value, name throws(RuntimeError) in try Rule(parsing: value, name) }
        try fields.finish()
    }

    func json() throws(RuntimeError) -> JSON {
        var fields = FieldWriter()
        fields.add("defaultAction", defaultAction)
        fields.add("defaultErrnoRet", defaultErrno)
        fields.list("architectures", architectures)
        fields.list("flags", flags)
        try fields.list("syscalls", rules) { rule throws(RuntimeError) in try rule.json() }
        return fields.json
    }
}

extension FieldReader {
    fileprivate mutating func action(_ key: String) throws(RuntimeError) -> String {
        let action = try requiredString(key)
        guard action != "SCMP_ACT_NOTIFY" else {
            throw FieldReader.mistake(name(key), "this runtime does not implement SCMP_ACT_NOTIFY")
        }
        return action
    }
}

extension Specification.Seccomp.Rule {
    init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        let names = try fields.strings("names")
        guard !names.isEmpty else { throw FieldReader.mistake(fields.name("names"), "it names no system call") }
        self.init(names: names, action: try fields.action("action"))
        errno = try fields.number("errnoRet", UInt32.self)
        conditions = try fields.list("args") { value, name throws(RuntimeError) in
            try Specification.Seccomp.Condition(parsing: value, name)
        }
        try fields.finish()
    }

    fileprivate func json() throws(RuntimeError) -> JSON {
        var fields = FieldWriter()
        fields.list("names", names)
        fields.add("action", action)
        fields.add("errnoRet", errno)
        try fields.list("args", conditions) { condition throws(RuntimeError) in condition.json }
        return fields.json
    }
}

extension Specification.Seccomp.Condition {
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        self.init(
            index: try fields.requiredNumber("index"), value: try fields.requiredNumber("value"),
            valueTwo: try fields.number("valueTwo", UInt64.self) ?? 0, comparison: try fields.requiredString("op"))
        guard index < 6 else { throw FieldReader.mistake(fields.name("index"), "a system call has arguments 0 to 5") }
        try fields.finish()
    }

    fileprivate var json: JSON {
        [
            "index": .integer(index), "value": .integer(value), "valueTwo": .integer(valueTwo),
            "op": .string(comparison),
        ]
    }
}
