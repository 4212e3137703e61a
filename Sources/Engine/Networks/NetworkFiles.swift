import Glibc
import Linux
import Model

/// Where networks are: `<root>/networks/<name>/…` (docs/networks.md).
struct NetworkFiles {
    let directory: String

    init(root: String, name: String) { directory = "\(root)/networks/\(name)" }

    var configuration: String { "\(directory)/network.json" }
    /// A file for each container that is connected, or may be since somebody was killed: `<container id>.json`.
    var members: String { "\(directory)/members" }
    func member(_ id: String) -> String { "\(members)/\(id).json" }
    /// Held while plugins are at work on a container's connection, and by them.
    func memberLock(_ id: String) -> String { "\(members)/\(id).lock" }
    /// The plugin host-local's: below it a directory with the network's name, with a file for each address that is taken.
    var leases: String { "\(directory)/leases" }
}

/// The locks that all networks of a repository have in common.
enum NetworkLock: String {
    /// Exclusive for who makes or removes a network, or what it has of the host; shared for who connects to one.
    case networks = "lock"
    /// Held while host ports are chosen and written down.
    case ports = "ports.lock"
    /// Held while names are written into containers' `/etc/hosts`: the last who writes knows all.
    case names = "names.lock"
}

extension Repository {
    func files(ofNetwork name: String) -> NetworkFiles { NetworkFiles(root: root, name: name) }

    func withNetworkLock<Result>(_ lock: NetworkLock, _ body: () throws -> Result) throws -> Result {
        let lock = try FileLock.acquire(try networkLockPath(lock))
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    /// As ``withNetworkLock(_:_:)``, beside others who share it.
    func withSharedNetworkLock<Result>(_ body: () throws -> Result) throws -> Result {
        let path = try networkLockPath(.networks)
        // Made where it is missing.
        _ = try Files.open(KernelPath(path), flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        let lock = try FileLock.acquireShared(path)
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    func networkLockPath(_ lock: NetworkLock) throws -> String {
        do throws(SystemError) { try Files.makeDirectory(KernelPath("\(root)/networks"), mode: 0o700) } catch {
            if error.errno != .exists { throw error }
        }
        return "\(root)/networks/\(lock.rawValue)"
    }

    /// The names of all networks, sorted.
    func networkNames() throws -> [String] {
        do throws(SystemError) {
            let entries = try Files.entries(in: Files.openDirectory(KernelPath("\(root)/networks")))
            return entries.filter { $0.kind != .regular }.compactMap(\.name.string)
                .filter { Self.isContainerName($0) }.sorted()
        } catch {
            if error.errno == .noEntry { return [] }
            throw error
        }
    }

    /// All networks, sorted by name.
    public func networks() throws -> [Network] { try networkNames().compactMap { try networkIfPresent($0) } }

    /// A network by its name, its id or a unique prefix of the id.
    public func network(_ text: String) throws -> Network {
        if let network = try networkIfPresent(text) { return network }
        let matches = text.utf8.count < 4 ? [] : try networks().filter { $0.id.hasPrefix(text) }
        if matches.count == 1 { return matches[0] }
        throw EngineError.unknownNetwork(text, near: Likeness.nearest(to: text, among: try networkNames()))
    }

    func networkIfPresent(_ name: String) throws -> Network? {
        guard Self.isContainerName(name) else { return nil }
        let path = files(ofNetwork: name).configuration
        guard let bytes = try Files.contentsIfPresent(path) else { return nil }
        guard let json = try? JSON(parsing: bytes), let network = Network(json: json), network.name == name else {
            throw EngineError.refused("read network", subject: name, reason: "\(path) is damaged")
        }
        return network
    }
}
