import Linux
import Model
import ObjectStore

/// A container whose files can't be read, or whose removal was cut short. It can only be removed.
public struct DamagedContainer: Sendable {
    public let id: String
    public let name: String
    public let reason: String
}

/// A name in `names/`, and the id that it points at.
private struct ContainerLink {
    let name: String
    let id: String
}

extension Repository {
    /// The container that `text` means where a tag may stand too: by its name, else, where no tag has this name, by a
    /// unique prefix of its id. Nil where it means none.
    public func containerIfPresent(_ text: String) throws -> Container? {
        if let link = try link(named: text), let container = try container(id: link.id) { return container }
        if let tag = try? TagName(parsing: text), try store().ref(tag.ref) != nil { return nil }
        return try link(prefix: text).flatMap { try container(id: $0.id) }
    }

    /// A container by its name, its id or a unique prefix of the id.
    public func container(_ text: String) throws -> Container {
        if let container = try container(id: anyLink(text).id) { return container }
        throw EngineError.unknownContainer(text, near: [])
    }

    /// As ``container(_:)``, but of a container that can't be read the id and name alone: all that ``remove(_:)`` needs.
    public func containerToRemove(_ text: String) throws -> Container {
        let link = try anyLink(text)
        do { if let container = try container(id: link.id) { return container } } catch EngineError.damagedContainer {}
        return Container(
            id: link.id, name: link.name, tag: nil, revision: "", created: 0, configuration: ContainerConfiguration())
    }

    /// All containers that can be read, the newest first.
    public func containers() throws -> [Container] {
        try links().compactMap { link in
            do { return try container(id: link.id) } catch EngineError.damagedContainer { return nil }
        }
        .sorted { ($1.created, $0.name) < ($0.created, $1.name) }
    }

    /// All containers that can be read with their states, the newest first. One that is being removed meanwhile is
    /// left out.
    public func containerStates() throws -> [(container: Container, state: ContainerState)] {
        try containers().compactMap { container in
            do { return try stateIfPresent(of: container).map { (container, $0) } } catch EngineError.damagedContainer {
                return nil
            }
        }
    }

    /// All that the others leave out, sorted by name.
    public func damagedContainers() throws -> [DamagedContainer] {
        try links().compactMap { link in
            do {
                if let container = try container(id: link.id), try stateIfPresent(of: container) != nil { return nil }
                // Somebody may be removing it, or have done so by now.
                if try FileLock.isHeld(files(of: link.id).lock) || linkedID(link.name) != link.id { return nil }
                return DamagedContainer(id: link.id, name: link.name, reason: "some of its files are missing")
            } catch EngineError.damagedContainer(_, let reason) {
                return DamagedContainer(id: link.id, name: link.name, reason: reason)
            }
        }
    }

    func containerNames() throws -> [String] {
        try Files.names(in: Files.openDirectory(KernelPath("\(root)/names"))).compactMap(\.string).sorted()
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

    /// The container's present name; nil where it has none.
    func linkedName(of id: String) throws -> String? {
        try links().first { $0.id == id }?.name
    }

    /// Nil where it is being removed.
    func container(id: String) throws -> Container? { try storedContainer(id: id).map { try named($0) } }

    /// As its file tells, be the name right or not.
    func storedContainer(id: String) throws -> Container? {
        try read(files(of: id).configuration, of: id, as: Container.init(json:))
    }

    /// What stands in one of a container's files; nil where there is none.
    func read<Value>(_ path: String, of id: String, as decode: (JSON) -> Value?) throws -> Value? {
        guard let bytes = try Files.contentsIfPresent(path) else { return nil }
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch {
            throw EngineError.damagedContainer(id, reason: "\(path) is damaged: \(error)")
        }
        guard let value = decode(json) else {
            throw EngineError.damagedContainer(id, reason: "\(path) is damaged: something is missing or wrong")
        }
        return value
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

    private func links() throws -> [ContainerLink] {
        try containerNames().compactMap { name in try linkedID(name).map { ContainerLink(name: name, id: $0) } }
    }

    private func link(named name: String) throws -> ContainerLink? {
        guard Self.isContainerName(name) else { return nil }
        return try linkedID(name).map { ContainerLink(name: name, id: $0) }
    }

    /// - Parameter prefix: anything; fewer than 4 digits are no prefix, as for commits.
    private func link(prefix: String) throws -> ContainerLink? {
        guard prefix.utf8.count >= 4 else { return nil }
        let matches = try links().filter { $0.id.hasPrefix(prefix) }
        guard matches.count <= 1 else {
            throw EngineError.refused(
                "find container", subject: prefix, reason: "\(matches.count) ids begin with it")
        }
        return matches.first
    }

    private func anyLink(_ text: String) throws -> ContainerLink {
        if let link = try link(named: text) ?? link(prefix: text) { return link }
        throw EngineError.unknownContainer(text, near: Likeness.nearest(to: text, among: try containerNames()))
    }
}
