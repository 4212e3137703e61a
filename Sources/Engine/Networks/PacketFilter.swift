import Glibc
import Linux
import Model

/// What of the host's packet filter belongs to a bridge network: a handful of rules for all its containers, which are
/// there as long as its bridge is. Each has the same comment, by which it is found again.
///
/// In the chain FORWARD of the table filter they come behind what anybody else has there, so that what the administrator or
/// another program forbids stays forbidden; only a rule that decides on everything, as a policy does, comes after.
struct PacketFilter {
    let bridge: String
    let subnet: IPv4Subnet
    let isInternal: Bool
    let masquerades: Bool

    init?(_ network: Network) {
        guard let bridge = network.bridge else { return nil }
        self.bridge = bridge
        subnet = network.subnet
        isInternal = network.isInternal
        masquerades = !network.isInternal && network.option(.masquerade) != "false"
        comment = "varve network \(network.id.prefix(12))"
    }

    private let comment: String

    /// In the form of iptables-restore(8), by table.
    private var rules: [(table: String, rules: [String])] {
        let mark = "-m comment --comment \"\(comment)\""
        // A published port is reached by the host's address, so what comes for it has been translated. In mangle, which
        // comes before filter: nothing that lets packets pass there is to let these.
        let entry = isInternal ? "" : "-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT "
        var forward = ["-A FORWARD -o \(bridge) ! -i \(bridge) \(entry)\(mark) -j DROP"]
        if isInternal { forward.append("-A FORWARD -i \(bridge) ! -o \(bridge) \(mark) -j DROP") }
        return [
            // portmap lets the bridge take packets for 127.0.0.1 (route_localnet): a container that forges such must not
            // get to what listens there. Answers to what the host began have the gateway's address at this point.
            ("raw", ["-A PREROUTING -i \(bridge) -d 127.0.0.0/8 \(mark) -j DROP"]),
            ("mangle", forward),
            ("nat", masquerades ? ["-A POSTROUTING -s \(subnet) ! -o \(bridge) \(mark) -j MASQUERADE"] : []),
            (
                "filter",
                isInternal
                    ? ["-A FORWARD -i \(bridge) -o \(bridge) \(mark) -j ACCEPT"]
                    : [
                        "-A FORWARD -i \(bridge) \(mark) -j ACCEPT",
                        "-A FORWARD -o \(bridge) -m conntrack --ctstate RELATED,ESTABLISHED,DNAT \(mark) -j ACCEPT",
                    ]
            ),
        ]
    }

    /// Whether all rules are there: other programs may have taken them out, with all that they do not know, since they
    /// were put in.
    func isInstalled() throws -> Bool {
        let saved = SavedRules(try Self.run("iptables-save", [], input: ""))
        return rules.allSatisfy { table, rules in saved.rules(of: table, with: comment).count == rules.count }
    }

    /// Puts the rules in, in place of what may be left of them.
    func install() throws {
        let saved = SavedRules(try Self.run("iptables-save", [], input: ""))
        try restore(
            rules.map { table, rules in
                let old = saved.rules(of: table, with: comment)
                let place = table == "filter" ? saved.placeOfPolicy(besides: comment) : nil
                let new = rules.enumerated().map { number, rule in
                    place.map { "-I FORWARD \($0 + number) \(rule.dropFirst("-A FORWARD ".count))" } ?? rule
                }
                return (table, old.map { "-D \($0.dropFirst(3))" } + new)
            })
    }

    /// Takes the rules out, where any are there.
    func remove() throws {
        let saved = SavedRules(try Self.run("iptables-save", [], input: ""))
        try restore(
            rules.map { table, _ in (table, saved.rules(of: table, with: comment).map { "-D \($0.dropFirst(3))" }) })
    }

    private func restore(_ tables: [(table: String, rules: [String])]) throws {
        let changed = tables.filter { !$0.rules.isEmpty }
        guard !changed.isEmpty else { return }
        let text = changed.map { "*\($0.table)\n\($0.rules.joined(separator: "\n"))\nCOMMIT\n" }.joined()
        _ = try Self.run("iptables-restore", ["--noflush", "--wait", "30"], input: text)
    }

    private static func run(_ name: String, _ arguments: [String], input: String) throws -> String {
        let directories = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin"]
        guard
            let path = directories.lazy.map({ "\($0)/\(name)" }).first(where: { (path: String) in
                access(path, X_OK) == 0
            })
        else {
            throw EngineError.missingProgram(name, package: "iptables")
        }
        let program = Program(path, arguments: [name] + arguments, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
        let outcome = try program.run(input: Array(input.utf8), within: 60_000, limit: 64 << 20)
        guard outcome.status == 0 else {
            throw EngineError.refused(
                "set packet filter", subject: name,
                reason: Escaping.displayed(Array(outcome.errors.prefix(500))))
        }
        return String(decoding: outcome.output, as: UTF8.self)
    }
}
