import Glibc
import Linux
import Testbed
import Testing

/// What containers on networks do not reach.
@Suite("Isolation of networks", .enabled(if: isRoot))
struct NetworkIsolationTests {
    @Test("networks do not reach each other, though the host reaches both")
    func twoNetworks() throws {
        try Box.withNetworks { box in
            try box.succeed("varve network create a; varve network create b")
            try box.serving("one", "--network a") { _ in
                let address = try box.succeed(
                    "varve network inspect a | grep '\"address\": \"' | head -n 1 | cut -d'\"' -f4")
                let fetch = "busybox timeout 3 busybox wget -q -O - http://\(address)/who; exit $?"
                #expect(try box.succeed("curl -sS -m 5 http://\(address)/who") == "one")
                #expect(try box.succeed("varve run --rm --network a debian:12 sh -c '\(fetch)'") == "one")
                #expect(try box.shell("varve run --rm --network b debian:12 sh -c '\(fetch)'").status == 143)
                #expect(
                    try box.succeed("varve run --rm --network b --network a debian:12 sh -c '\(fetch)'") == "one",
                    "a container on both reaches it")
            }
            #expect(try box.traces() == "")
        }
    }

    @Test("an internal network has no way out")
    func internalNetwork() throws {
        try Box.withNetworks { box in
            try box.succeed("varve network create --internal a")
            let routes = try box.succeed("varve run --rm --network a debian:12 ip route")
            #expect(!routes.isEmpty && !routes.contains("default"))
            try box.transcript(
                """
                $ varve run --rm --network a -p 80 debian:12 true
                ! varve: publish port: 80/tcp: none of the container's networks leads to the host's ports
                [125]
                """)
            #expect(try box.traces() == "")
        }
    }

    @Test("what listens on the host's loopback alone is out of reach also for forged packets")
    func forgedLoopback() throws {
        try Box.withNetworks { box in
            // Published, so that the plugin lets the bridge take packets for 127.0.0.1.
            try box.serving("one", "--network bridge -p 127.0.0.1::80") { _ in
                let published = try box.succeed("varve port one 80 | cut -d: -f2")
                let listener = try Listener(address: INADDR_LOOPBACK)
                #expect(try box.shell("curl -s -m 5 http://127.0.0.1:\(published)/who").text == "one\n")
                // A hostile container with every right in its network namespace.
                let script = """
                    gateway=$(ip -4 route show default | cut -d' ' -f3)
                    sysctl -qw net.ipv4.conf.all.route_localnet=1 net.ipv4.conf.eth0.route_localnet=1
                    ip address del 127.0.0.1/8 dev lo
                    ip route del table local local 127.0.0.0/8 2>/dev/null
                    ip route add 127.0.0.1 via $gateway dev eth0 src $(ip -4 -o address show eth0 | busybox awk '{print $4}' | cut -d/ -f1)
                    curl -s -m 2 http://$gateway:\(listener.port)/ >/dev/null; echo gateway $?
                    curl -s -m 2 http://127.0.0.1:\(listener.port)/ >/dev/null; echo listener $?
                    curl -s -m 2 http://127.0.0.1:\(published)/ >/dev/null; echo published $?
                    """
                try box.succeed("cat >forge <<'END'\n\(script)\nEND")
                let result = try box.succeed("nsenter -t \(try box.pid(of: "one")) -n sh forge")
                // 7 refused at once, by a host that is reached; 28 no answer.
                #expect(result == "gateway 7\nlistener 28\npublished 28")
            }
            #expect(try box.traces() == "")
        }
    }
}
