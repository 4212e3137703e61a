import Glibc
import Linux
import Model
import ObjectStore

/// Where a container's files are: `<root>/containers/<id>/…` (docs/storage.md).
struct ContainerFiles {
    let directory: String

    init(root: String, id: String) { directory = "\(root)/containers/\(id)" }

    var configuration: String { "\(directory)/container.json" }
    var state: String { "\(directory)/state.json" }
    var index: String { "\(directory)/index" }
    /// Held while something reads or changes the container's state and files.
    var lock: String { "\(directory)/lock" }
    /// Held as long as a process runs in the container.
    var running: String { "\(directory)/running" }
    func upper(_ number: Int) -> String { "\(directory)/upper.\(number)" }
    func work(_ number: Int) -> String { "\(directory)/work.\(number)" }
}

extension Repository {
    func files(of id: String) -> ContainerFiles { ContainerFiles(root: root, id: id) }

    /// A container by its name, its id or a unique prefix of the id; nil where there is none.
    public func containerIfPresent(_ text: String) throws -> Container? {
        guard Self.isContainerName(text) else { return nil }
        if let id = try linkedID(text) { return try container(id: id) }
        let matches = try containers().filter { $0.id.hasPrefix(text) }
        guard matches.count <= 1 else {
            throw EngineError.refused(
                "find container", subject: text, reason: "\(matches.count) ids begin with it")
        }
        return matches.first
    }

    public func container(_ text: String) throws -> Container {
        guard let container = try containerIfPresent(text) else {
            throw EngineError.unknownContainer(text, near: Likeness.nearest(to: text, among: try containerNames()))
        }
        return container
    }

    /// All containers, the newest first.
    public func containers() throws -> [Container] {
        try containerNames().compactMap { name in try linkedID(name).map { try container(id: $0) } }
            .sorted { ($1.created, $0.name) < ($0.created, $1.name) }
    }

    func containerNames() throws -> [String] {
        try Files.names(in: Files.openDirectory(KernelPath("\(root)/names"))).compactMap(\.string).sorted()
    }

    public func state(of container: Container) throws -> ContainerState {
        let path = files(of: container.id).state
        guard let bytes = try Files.contentsIfPresent(path), let state = ContainerState(json: try JSON(parsing: bytes))
        else {
            throw EngineError.refused("read state of container", subject: container.name, reason: "\(path) is damaged")
        }
        var result = state
        // A state that says running outlives a killed process; the lock does not.
        if case .running = state.status, try !isRunning(container) { result.status = .exited(code: 137) }
        return result
    }

    func setState(_ state: ContainerState, of id: String, isDurable: Bool = true) throws {
        try Files.replace(files(of: id).state, with: state.json.serialized(), isDurable: isDurable)
    }

    /// Whether a process runs in the container.
    func isRunning(_ container: Container) throws -> Bool {
        try FileLock.isHeld(files(of: container.id).running)
    }

    /// As Docker has it, except that one letter is enough: a letter or digit, then letters, digits, `_`, `.` and `-`.
    static func isContainerName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        }
        return isAlphanumeric(first)
            && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x5f || $0 == 0x2e || $0 == 0x2d }
    }

    private func linkedID(_ name: String) throws -> String? {
        do throws(SystemError) {
            let target = try Files.readLink(KernelPath("\(root)/names/\(name)"))
            return String(decoding: target, as: UTF8.self)
        } catch {
            if error.errno == .noEntry { return nil }
            throw error
        }
    }

    private func container(id: String) throws -> Container {
        let path = files(of: id).configuration
        guard let bytes = try Files.contentsIfPresent(path), let container = Container(json: try JSON(parsing: bytes))
        else {
            throw EngineError.refused("read container", subject: id, reason: "\(path) is damaged")
        }
        return container
    }

    /// What an operation says of containers' bases, done. Doing it again changes nothing.
    func apply(_ moves: [BaseMove]) throws {
        for move in moves {
            let path = files(of: move.container).state
            // A container that was removed meanwhile has no base.
            guard let bytes = try Files.contentsIfPresent(path),
                var state = ContainerState(json: try JSON(parsing: bytes))
            else { continue }
            guard state.base == move.old else { continue }
            state.base = move.new
            if let content = move.newContent {
                state.checkout = content
                state.upper += 1
            }
            try setState(state, of: move.container)
        }
    }
}
