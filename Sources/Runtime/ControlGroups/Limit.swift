import Linux

/// One limit of `linux.resources`, and the files that carry it out.
struct Limit: Hashable, Sendable {
    /// What is written to the first of several files that the kernel offers.
    struct Write: Hashable, Sendable {
        var choices: [Choice]
        /// Whether it is left out where the kernel offers none of them.
        var isOptional = false

        struct Choice: Hashable, Sendable {
            var file: String
            var text: String
        }
    }

    /// What an error says was tried: `limit memory`.
    let operation: String
    /// The value as the specification has it.
    let value: String
    let controller: ControlGroup.Controller
    /// Empty where the version has no such limit.
    var unified: [Write]
    var legacy: [Write]
    /// Whether it asks for no limit, which holds too where there is no controller.
    var liftsOnly = false

    init(
        _ operation: String, _ value: some CustomStringConvertible, _ controller: ControlGroup.Controller,
        unified: [Write] = [], legacy: [Write] = [], liftsOnly: Bool = false
    ) {
        self.operation = operation
        self.value = value.description
        self.controller = controller
        self.unified = unified
        self.legacy = legacy
        self.liftsOnly = liftsOnly
    }
}

extension Limit.Write {
    init(_ file: String, _ text: some CustomStringConvertible, isOptional: Bool = false) {
        self.init(choices: [Choice(file: file, text: text.description)], isOptional: isOptional)
    }
}

extension ControlGroups {
    /// Carries out limits in groups that were made for them.
    ///
    /// Some limits bound each other, and which may go first depends on what holds already: those that the kernel refuses are
    /// tried again after the others.
    func apply(_ limits: [Limit]) throws(RuntimeError) {
        var pending = try writes(limits)
        while !pending.isEmpty {
            var failed: [Pending] = []
            var firstError: RuntimeError?
            for write in pending {
                do throws(SystemError) { try write.group.write(write.choice.text, to: write.choice.file) } catch {
                    failed.append(write)
                    firstError = firstError ?? write.failure(error)
                }
            }
            if failed.count == pending.count, let firstError { throw firstError }
            pending = failed
        }
    }

    private struct Pending {
        let limit: Limit
        let group: ControlGroup
        let choice: Limit.Write.Choice

        func failure(_ error: SystemError) -> RuntimeError {
            // Version 1 takes no limit below what can't be given up.
            let isInUse = error.errno == .busy && limit.controller == .memory
            return RuntimeError(
                .failed, limit.operation, limit.value, error.cause,
                hint: isInUse ? "its processes hold more than that already" : nil)
        }
    }

    private func writes(_ limits: [Limit]) throws(RuntimeError) -> [Pending] {
        var result: [Pending] = []
        for limit in limits {
            guard let group = group(of: limit.controller) else {
                if limit.liftsOnly { continue }
                throw RuntimeError(
                    .refused, limit.operation, limit.value,
                    "the kernel offers no \(limit.controller.rawValue) controller here")
            }
            let writes = group.version == .two ? limit.unified : limit.legacy
            guard !writes.isEmpty else {
                throw RuntimeError(
                    .refused, limit.operation, limit.value,
                    "version \(group.version == .two ? 2 : 1) of control groups has no such limit")
            }
            for write in writes {
                if let choice = try group.offered(write, for: limit) {
                    result.append(Pending(limit: limit, group: group, choice: choice))
                }
            }
        }
        return result
    }
}

extension ControlGroup {
    /// Nil where the kernel offers none, and none is needed.
    fileprivate func offered(_ write: Limit.Write, for limit: Limit) throws(RuntimeError) -> Limit.Write.Choice? {
        for choice in write.choices {
            let isOffered = try doing(limit.operation, limit.value) { () throws(SystemError) in try has(choice.file) }
            if isOffered { return choice }
        }
        if write.isOptional || limit.liftsOnly { return nil }
        let files = write.choices.map(\.file).joined(separator: " and no ")
        throw RuntimeError(.refused, limit.operation, limit.value, "the kernel offers no \(files) here")
    }
}
