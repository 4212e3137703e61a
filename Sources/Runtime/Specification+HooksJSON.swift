import Model

extension Specification.Hooks {
    init(parsing json: JSON) throws(RuntimeError) {
        var fields = try FieldReader(json, "hooks")
        self.init()
        prestart = try fields.hooks("prestart")
        createRuntime = try fields.hooks("createRuntime")
        createContainer = try fields.hooks("createContainer")
        startContainer = try fields.hooks("startContainer")
        poststart = try fields.hooks("poststart")
        poststop = try fields.hooks("poststop")
        try fields.finish()
    }

    /// Nil where there is none.
    var json: JSON? {
        var fields = FieldWriter()
        fields.hooks("prestart", prestart)
        fields.hooks("createRuntime", createRuntime)
        fields.hooks("createContainer", createContainer)
        fields.hooks("startContainer", startContainer)
        fields.hooks("poststart", poststart)
        fields.hooks("poststop", poststop)
        return fields.jsonUnlessEmpty
    }
}

extension FieldReader {
    fileprivate mutating func hooks(_ key: String) throws(RuntimeError) -> [Specification.Hook] {
        try list(key) { value, name throws(RuntimeError) in try Specification.Hook(parsing: value, name) }
    }
}

extension FieldWriter {
    fileprivate mutating func hooks(_ key: String, _ hooks: [Specification.Hook]) {
        if !hooks.isEmpty { add(key, .array(hooks.map(\.json))) }
    }
}

extension Specification.Hook {
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        self.init(path: try fields.requiredString("path"))
        guard path.hasPrefix("/") else { throw FieldReader.mistake(fields.name("path"), "it is no absolute path") }
        arguments = try fields.strings("args")
        environment = try fields.strings("env")
        timeout = try fields.number("timeout", Int.self)
        if let timeout, !(1...2_000_000).contains(timeout) {
            throw FieldReader.mistake(fields.name("timeout"), "it is not from 1 to 2000000 seconds")
        }
        try fields.finish()
    }

    fileprivate var json: JSON {
        var fields = FieldWriter()
        fields.add("path", path)
        fields.list("args", arguments)
        fields.list("env", environment)
        fields.add("timeout", timeout)
        return fields.json
    }
}
