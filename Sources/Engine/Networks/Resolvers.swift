import Linux
import Model

/// What of resolv.conf(5) containers get.
struct Resolvers: Hashable {
    var nameServers: [String] = []
    var searchDomains: [String] = []
    var options: [String] = []

    /// The host's. Where it has only the stub of systemd-resolved, what is behind that.
    static func host() throws -> Resolvers {
        let own = Resolvers(parsing: try contents("/etc/resolv.conf"))
        guard own.nameServers == ["127.0.0.53"] else { return own }
        let behind = Resolvers(parsing: try contents("/run/systemd/resolve/resolv.conf"))
        return behind.nameServers.isEmpty ? own : behind
    }

    /// Empty where there is none; the host's own file may be a symlink.
    private static func contents(_ path: String) throws(SystemError) -> [UInt8] {
        do throws(SystemError) { return try Files.open(KernelPath(path), flags: 0).readAll(limit: 1 << 20) } catch {
            if error.errno == .noEntry { return [] }
            throw error
        }
    }

    init() {}

    init(parsing bytes: [UInt8]) {
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
            switch words.first {
            case "nameserver": nameServers += words.dropFirst().prefix(1)
            // The last one counts.
            case "search", "domain": searchDomains = Array(words.dropFirst())
            case "options": options += words.dropFirst()
            default: break
            }
        }
    }

    /// As a container with a network namespace of its own can use them: the host's loopback is not its own, and it is
    /// given no IPv6 address. Where nothing is left, Google's, as in Docker.
    func reachable() -> Resolvers {
        var resolvers = self
        resolvers.nameServers = nameServers.filter { IPv4Address(parsing: $0).map { !$0.isLoopback } ?? false }
        if resolvers.nameServers.isEmpty { resolvers.nameServers = ["8.8.8.8", "8.8.4.4"] }
        return resolvers
    }

    /// With what was asked for in place of the host's.
    func replaced(by asked: NetworkOptions) -> Resolvers {
        var resolvers = self
        if !asked.nameServers.isEmpty { resolvers.nameServers = asked.nameServers }
        if !asked.searchDomains.isEmpty { resolvers.searchDomains = asked.searchDomains.filter { $0 != "." } }
        if !asked.resolverOptions.isEmpty { resolvers.options = asked.resolverOptions }
        return resolvers
    }

    var text: String {
        var lines = nameServers.map { "nameserver \($0)" }
        if !searchDomains.isEmpty { lines.append("search \(searchDomains.joined(separator: " "))") }
        if !options.isEmpty { lines.append("options \(options.joined(separator: " "))") }
        return lines.map { "\($0)\n" }.joined()
    }
}
