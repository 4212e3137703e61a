import Glibc
import Linux
import Model
import Runtime

/// The container's own `/etc/hosts`, `/etc/resolv.conf` and `/etc/hostname`: files beside its root, made anew at each
/// start and mounted on it, so that what they say is in no commit.
extension Repository {
    /// - Parameter taken: what else is mounted; a volume in the place of one of the files goes before.
    func nameMounts(
        of container: Container, hostname: String, besides taken: [Specification.Mount]
    ) throws -> [Specification.Mount] {
        var owner = container.id
        if case .container(let other) = container.configuration.connection.mode {
            owner = other
        } else {
            try writeNameFiles(of: container, hostname: hostname)
        }
        let files = files(of: owner)
        return [("hosts", files.hosts), ("resolv.conf", files.resolvers), ("hostname", files.hostname)].compactMap {
            name, path in
            let place = BytePath(["etc", ByteName(name)])
            if taken.contains(where: { $0.destination == place }) { return nil }
            return Specification.Mount(
                "bind", at: place, source: ByteName(path),
                options: ["bind", "rprivate", container.configuration.isReadOnly ? "ro" : "rw"])
        }
    }

    private func writeNameFiles(of container: Container, hostname: String) throws {
        let files = files(of: container.id)
        let options = container.configuration.connection
        var resolvers = try Resolvers.host()
        if options.mode != .host { resolvers = resolvers.reachable() }
        let gateway = try hostAddress(for: container)
        try Self.make(files.hosts, HostsFile.fixed(options, gateway: gateway, base: try Self.hostsOfHost(options.mode)))
        try Self.make(files.resolvers, Array(resolvers.replaced(by: options).text.utf8))
        try Self.make(files.hostname, Array("\(hostname)\n".utf8))
    }

    /// By which the container reaches the host; nil where it does not.
    private func hostAddress(for container: Container) throws -> String? {
        switch container.configuration.connection.mode {
        case .host: "127.0.0.1"
        case .networks: try endpoints(of: container).first.map { "\(try network($0.network).gateway)" }
        case .none, .container: nil
        }
    }

    private static func hostsOfHost(_ mode: NetworkOptions.Mode) throws -> [UInt8]? {
        guard mode == .host else { return nil }
        return try Files.open("/etc/hosts", flags: O_RDONLY).readAll(limit: 1 << 20)
    }

    /// A new file: whoever still has the old one, with a lease on it (fcntl(2)) say, has no hold on this one.
    private static func make(_ path: String, _ text: [UInt8]) throws {
        try Files.discard(KernelPath(path))
        let file = try Files.open(KernelPath(path), flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        try file.write(text)
    }

    /// Writes the names of all who are on these networks into the `/etc/hosts` of all of them.
    func updateNames(in networks: [String]) throws {
        try withNetworkLock(.names) {
            let all = try networkNames().flatMap { try members(of: $0) }
            let readers = Set(all.filter { networks.contains($0.network) }.map(\.containerID))
            for id in readers.sorted() { try updateNames(ofID: id, among: all) }
        }
    }

    /// Writes into the `/etc/hosts` of one container the names of all who are on its networks.
    func updateNames(of container: Container) throws {
        try withNetworkLock(.names) {
            try updateNames(ofID: container.id, among: try networkNames().flatMap { try members(of: $0) })
        }
    }

    private func updateNames(ofID id: String, among all: [Attachment]) throws {
        let own = all.filter { $0.containerID == id }
        let networks = own.map(\.network)
        let others = all.filter { $0.containerID != id && networks.contains($0.network) }
        let lines =
            own.sorted { $0.interface < $1.interface }.compactMap { $0.line($0.ownNames) }
            + others.compactMap { $0.line($0.names) }
        try HostsFile.replaceNames(in: files(of: id).hosts, with: lines)
    }
}

extension Attachment {
    /// By which the container finds itself: what others find it by too.
    fileprivate var ownNames: [String] { hostnames + names.filter { !hostnames.contains($0) } }

    /// A line of hosts(5); nil where it has no address yet.
    fileprivate func line(_ names: [String]) -> String? {
        names.isEmpty ? nil : address.map { "\($0)\t\(names.joined(separator: " "))" }
    }
}
