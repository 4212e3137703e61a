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
    /// Held while something looks at the container's files or does something to it.
    var lock: String { "\(directory)/lock" }
    /// Held for the moment in which `state.json` is read and replaced. Nothing else is waited for meanwhile.
    var stateLock: String { "\(directory)/state.lock" }
    /// Held as long as a process runs in the container.
    var running: String { "\(directory)/running" }
    func upper(_ number: Int) -> String { "\(directory)/upper.\(number)" }
    func work(_ number: Int) -> String { "\(directory)/work.\(number)" }
}

extension Repository {
    func files(of id: String) -> ContainerFiles { ContainerFiles(root: root, id: id) }

    /// The container that `text` means where a tag may stand too: by its name, else, where no tag has this name, by a
    /// unique prefix of its id. Nil where it means none.
    public func containerIfPresent(_ text: String) throws -> Container? {
        if let container = try container(named: text) { return container }
        if let tag = try? TagName(parsing: text), try store().ref(tag.ref) != nil { return nil }
        return try container(prefix: text)
    }

    /// A container by its name, its id or a unique prefix of the id.
    public func container(_ text: String) throws -> Container {
        if let container = try container(named: text) ?? container(prefix: text) { return container }
        throw EngineError.unknownContainer(text, near: Likeness.nearest(to: text, among: try containerNames()))
    }

    private func container(named name: String) throws -> Container? {
        guard Self.isContainerName(name), let id = try linkedID(name) else { return nil }
        return try container(id: id)
    }

    /// - Parameter prefix: anything; fewer than 4 digits are no prefix, as for commits.
    private func container(prefix: String) throws -> Container? {
        guard prefix.utf8.count >= 4 else { return nil }
        let matches = try containers().filter { $0.id.hasPrefix(prefix) }
        guard matches.count <= 1 else {
            throw EngineError.refused(
                "find container", subject: prefix, reason: "\(matches.count) ids begin with it")
        }
        return matches.first
    }

    /// All containers, the newest first.
    public func containers() throws -> [Container] {
        try containerNames().compactMap { name in try linkedID(name).flatMap { try container(id: $0) } }
            .sorted { ($1.created, $0.name) < ($0.created, $1.name) }
    }

    func containerNames() throws -> [String] {
        try Files.names(in: Files.openDirectory(KernelPath("\(root)/names"))).compactMap(\.string).sorted()
    }

    /// All containers with their states, the newest first. One that is being removed meanwhile is left out.
    public func containerStates() throws -> [(container: Container, state: ContainerState)] {
        try containers().compactMap { container in
            try stateIfPresent(of: container).map { (container, $0) }
        }
    }

    public func state(of container: Container) throws -> ContainerState {
        guard let state = try stateIfPresent(of: container) else {
            throw EngineError.unknownContainer(container.name, near: [])
        }
        return state
    }

    private func stateIfPresent(of container: Container) throws -> ContainerState? {
        try recover()
        guard var state = try storedState(of: container.id) else { return nil }
        // A state that says running outlives a killed process; the lock does not.
        if case .running = state.status, try !isRunning(container) { state.status = .exited(code: 137) }
        return state
    }

    /// Nil where the container was removed.
    private func storedState(of id: String) throws -> ContainerState? {
        let path = files(of: id).state
        guard let bytes = try Files.contentsIfPresent(path) else { return nil }
        guard let state = ContainerState(json: try JSON(parsing: bytes)) else {
            throw EngineError.refused("read container", subject: id, reason: "\(path) is damaged")
        }
        return state
    }

    func setState(_ state: ContainerState, of id: String, isDurable: Bool = true) throws {
        try Files.replace(files(of: id).state, with: state.json.serialized(), isDurable: isDurable)
    }

    /// Changes some of a container's state, and leaves the rest as others set it; nothing where the container was
    /// removed. The holder of ``ContainerFiles/lock`` is not alone in this: whoever completes an interrupted
    /// operation moves bases, with no lock but the state's own.
    func changeState(of id: String, isDurable: Bool = true, _ change: (inout ContainerState) -> Void) throws {
        guard try Files.exists(KernelPath(files(of: id).directory)) else { return }
        let lock = try FileLock.acquire(files(of: id).stateLock)
        try withExtendedLifetime(lock) {
            guard var state = try storedState(of: id) else { return }
            let old = state
            change(&state)
            if state != old { try setState(state, of: id, isDurable: isDurable) }
        }
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

    func linkedID(_ name: String) throws -> String? {
        do throws(SystemError) {
            let target = try Files.readLink(KernelPath("\(root)/names/\(name)"))
            return String(decoding: target, as: UTF8.self)
        } catch {
            if error.errno == .noEntry { return nil }
            throw error
        }
    }

    /// Nil where it is being removed.
    func container(id: String) throws -> Container? {
        let path = files(of: id).configuration
        guard let bytes = try Files.contentsIfPresent(path) else { return nil }
        guard let container = Container(json: try JSON(parsing: bytes)) else {
            throw EngineError.refused("read container", subject: id, reason: "\(path) is damaged")
        }
        return container
    }

    /// What an operation says of containers' bases, done. Doing it again changes nothing, whatever came after it:
    /// `upper` only grows, so a move from an earlier one was made; of those from the same one, which replace no files,
    /// doing the later ones again ends where they ended.
    func apply(_ moves: [BaseMove]) throws {
        for move in moves {
            try changeState(of: move.container) { state in
                guard state.base == move.old, state.upper == move.upper else { return }
                state.base = move.new
                guard let content = move.newContent else { return }
                state.checkout = content
                state.upper += 1
                state.mountPoints = []
            }
        }
    }
}
