import Model

extension SeccompProfile {
    /// Reads a profile in Docker's form; a specification's `linux.seccomp` is one, too.
    /// - Parameter name: for messages.
    public init(parsing bytes: [UInt8], named name: String) throws(RuntimeError) {
        let json: JSON
        do throws(JSONError) { json = try JSON(parsing: bytes) } catch {
            throw RuntimeError(.refused, "read seccomp profile", name, "\(error)")
        }
        do throws(RuntimeError) { try self.init(json) } catch {
            let cause = error.subject.isEmpty ? error.cause : "\(error.subject): \(error.cause)"
            throw RuntimeError(.refused, "read seccomp profile", name, cause)
        }
    }

    private init(_ json: JSON) throws(RuntimeError) {
        var fields = try FieldReader(json, "")
        defaultAction = try fields.requiredString("defaultAction")
        defaultErrno = try fields.number("defaultErrnoRet", UInt32.self)
        architectures = try fields.strings("architectures")
        let map = try fields.list("archMap") { value, name throws(RuntimeError) in try Self.architectures(value, name) }
        for (own, others) in map { subArchitectures[own] = others }
        flags = try fields.strings("flags")
        rules = try fields.list("syscalls") { value, name throws(RuntimeError) in try Rule(value, name) }
        if !architectures.isEmpty, !subArchitectures.isEmpty {
            throw FieldReader.mistake("archMap", "there is 'architectures', too")
        }
        try fields.finish()
    }

    private static func architectures(
        _ json: JSON, _ name: String
    ) throws(RuntimeError) -> (own: String, others: [String]) {
        var fields = try FieldReader(json, name)
        let result = (try fields.requiredString("architecture"), try fields.strings("subArchitectures"))
        try fields.finish()
        return result
    }
}

extension SeccompProfile.Rule {
    /// A rule of a specification, and beside it when it holds.
    fileprivate init(_ json: JSON, _ name: String) throws(RuntimeError) {
        guard var members = json.object else { throw FieldReader.mistake(name, "it is no object") }
        func take(_ key: String) -> JSON? {
            guard let index = members.firstIndex(where: { $0.key == key }) else { return nil }
            return members.remove(at: index).value
        }
        _ = take("comment")
        if let includes = take("includes"), !includes.isNull {
            self.includes = try SeccompProfile.Circumstances(includes, "\(name).includes")
        }
        if let excludes = take("excludes"), !excludes.isNull {
            self.excludes = try SeccompProfile.Circumstances(excludes, "\(name).excludes")
        }
        // Until Docker 1.12 a rule had one name.
        if let single = take("name"), single.string?.isEmpty == false {
            members.append(.init("names", .array([single])))
        }
        rule = try Specification.Seccomp.Rule(parsing: .object(members), name)
    }
}

extension SeccompProfile.Circumstances {
    fileprivate init(_ json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        capabilities = try CapabilitySet(names: try fields.strings("caps"))
        architectures = try fields.strings("arches")
        if let text = try fields.string("minKernel") {
            guard let version = KernelVersion(text) else {
                throw FieldReader.mistake(fields.name("minKernel"), "\(text) is no kernel version")
            }
            kernel = version
        }
        try fields.finish()
    }
}
