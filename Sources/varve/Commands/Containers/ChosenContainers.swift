import Engine

/// The containers that a command names, each looked up before anything is done.
struct ChosenContainers {
    let repository: Repository
    let all: [Container]
    /// As they were typed, by id.
    private let names: [String: String]
    private let options: GlobalOptions

    init(_ texts: [String], _ options: GlobalOptions, of command: String) throws {
        guard !texts.isEmpty else { throw UsageError("\(command): name at least one container") }
        repository = try options.repository()
        self.options = options
        var names: [String: String] = [:]
        var all: [Container] = []
        for text in texts {
            let container = try repository.container(text)
            if names.updateValue(text, forKey: container.id) == nil { all.append(container) }
        }
        (self.all, self.names) = (all, names)
    }

    /// Does something to each, and tells as ``tell(_:)``.
    func each(_ body: (Container) throws -> Void) throws {
        var failures: [(Container, any Error)] = []
        for container in all { do { try body(container) } catch { failures.append((container, error)) } }
        try tell(failures)
    }

    /// Prints the names of those that did not fail, and why the others did.
    func tell(_ failures: [(Container, any Error)]) throws {
        let output = Output(options)
        for container in all where !failures.contains(where: { $0.0.id == container.id }) {
            output.line(names[container.id] ?? container.name)
        }
        output.finish()
        var code: Int32 = 0
        for (_, error) in failures { code = max(code, (error as? Exit)?.code ?? Report.tell(error)) }
        if code != 0 { throw Exit(code) }
    }
}
