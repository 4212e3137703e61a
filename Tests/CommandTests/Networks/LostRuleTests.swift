import Glibc
import Linux
import Testbed
import Testing

/// Rules of the host's packet filter, which others change too.
@Suite("Packet filter", .enabled(if: isRoot))
struct LostRuleTests {
    @Test("rules that the host has lost are put in again by the next start, and by 'network reload'")
    func lost() throws {
        try Box.withNetworks { box in
            try box.succeed("varve network create a; varve network create --internal b")
            try box.serving("one", "--network a -p 127.0.0.1::80") { _ in
                let before = try box.rules(of: "a")
                #expect(before.count == 5)
                let port = try box.succeed("varve port one 80 | cut -d: -f2")
                let fetch = "curl -s -m 5 http://127.0.0.1:\(port)/who"

                try box.loseRules(of: "a", count: 1)
                #expect(try box.rules(of: "a").count == 1)
                try box.succeed("varve run --rm --network a debian:12 true")
                #expect(try box.rules(of: "a") == before)

                // What the plugin portmap put in for the container goes the same way.
                try box.loseRules(of: "a")
                try box.loseRules(commentedWith: try box.succeed("cat seen"))
                #expect(try box.rules(of: "a").isEmpty)
                #expect(try box.shell(fetch).text == "")
                try box.transcript("$ varve network reload one\n! reloaded one")
                #expect(try box.rules(of: "a") == before)
                #expect(try box.succeed(fetch) == "one")

                try box.serving("two", "--network b") { _ in
                    let inner = try box.rules(of: "b")
                    #expect(inner.count == 4)
                    try box.loseRules(of: "a")
                    try box.loseRules(of: "b")
                    try box.transcript("$ varve network reload -a\n! reloaded one\n! reloaded two")
                    #expect(try box.rules(of: "b") == inner)
                    #expect(try box.rules(of: "a") == before)
                }
            }
            try box.transcript(
                """
                $ varve network reload
                ! varve: network reload: name containers, or take --all
                [2]
                $ varve run --name w --network a debian:12 true
                $ varve network reload w
                ! varve: use container: w: it is not running
                [3]
                """)
            #expect(try box.traces() == "")
        }
    }

    @Test("what the administrator forbids comes before what a network lets pass")
    func order() throws {
        try Box.withNetworks { box in
            try box.succeed("varve network create a")
            let subnet = try box.succeed("varve network inspect a | grep '\"subnet\"' | cut -d'\"' -f4")
            let rule = "FORWARD -s \(subnet) -d 203.0.113.0/24 -m comment --comment '\(box.path)' -j DROP"
            try box.succeed("iptables -w -A \(rule)")
            defer { #expect(throws: Never.self) { try box.succeed("iptables -w -D \(rule)") } }
            try box.serving("one", "--network a") { _ in
                let id = try box.networkID("a")
                let chain = try box.succeed(
                    "iptables -w -S FORWARD | grep -o -e '\(box.path)' -e 'varve network \(id)'")
                #expect(chain == "\(box.path)\nvarve network \(id)\nvarve network \(id)")
            }
            #expect(try box.traces() == "")
        }
    }

    @Test("containers have no IPv6, by which they would reach what the rules do not know")
    func noIPv6() throws {
        try Box.withNetworks { box in
            try box.succeed("varve network create a; varve network create b")
            let values = "cat /proc/sys/net/ipv6/conf/all/disable_ipv6 /proc/sys/net/ipv6/conf/default/disable_ipv6"
            try box.serving("one", "--network a") { _ in
                let inside = "nsenter -t \(try box.pid(of: "one")) -n"
                let before = try box.succeed("\(inside) sh -c '\(values) /proc/sys/net/ipv6/conf/eth0/disable_ipv6'")
                #expect(before == "1\n1\n1")
                try box.succeed("varve network connect b one")
                #expect(try box.succeed("\(inside) cat /proc/sys/net/ipv6/conf/eth1/disable_ipv6") == "1")
                #expect(try box.succeed("\(inside) ip -6 address") == "")
                for network in ["a", "b"] {
                    let bridge = "varve-\(try box.networkID(network).prefix(8))"
                    #expect(try box.succeed("cat /proc/sys/net/ipv6/conf/\(bridge)/disable_ipv6") == "1")
                    #expect(try box.succeed("ip -6 address show dev \(bridge)") == "")
                }
            }
            #expect(
                try box.succeed(
                    "varve run --rm --network a --sysctl net.ipv6.conf.default.disable_ipv6=0 debian:12 sh -c '\(values)'"
                )
                    == "1\n0", "but for what was asked for")
            #expect(try box.traces() == "")
        }
    }
}

extension Box {
    /// The first twelve digits.
    func networkID(_ name: String) throws -> String {
        try succeed("varve network inspect \(name) | grep '\"id\"' | cut -d'\"' -f4 | cut -c1-12")
    }

    /// What of the host's packet filter is a network's, sorted.
    fileprivate func rules(of network: String) throws -> [String] {
        try shell("iptables-save | grep 'varve network \(try networkID(network))' | sort").text
            .split(separator: "\n").map(String.init)
    }

    /// - Parameter count: how many at most of each table.
    fileprivate func loseRules(of network: String, count: Int = 9) throws {
        try loseRules(commentedWith: "varve network \(try networkID(network))", count: count)
    }

    fileprivate func loseRules(commentedWith comment: String, count: Int = 9) throws {
        try succeed(
            """
            for table in raw mangle nat filter; do
                iptables-save -t $table | grep -e '\(comment)' | head -n \(count) | sed 's/^-A/-D/' |
                    while read -r rule; do eval "iptables -w -t $table $rule" || exit 1; done || exit 1
            done
            """)
    }
}
