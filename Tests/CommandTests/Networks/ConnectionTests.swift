import Glibc
import Linux
import Testbed
import Testing

/// Containers on bridges, by the real plugins and the real kernel.
@Suite("Connections", .enabled(if: isRoot))
struct ConnectionTests {
    private static let fetch = "busybox wget -q -O -"

    @Test(
        "containers of one network find each other by name, alias and short id, and those that have ended are forgotten"
    )
    func names() throws {
        try Box.withNetworks { box in
            try box.succeed("varve network create web")
            try box.serving("one", "--network web --network-alias first") { _ in
                let id = try box.succeed("varve ps --json | grep '\"id\"' | cut -d'\"' -f4 | cut -c1-12")
                for name in ["one", "first", id] {
                    let answer = try box.succeed(
                        "varve run --rm --network web debian:12 sh -c '\(Self.fetch) http://\(name)/who'")
                    #expect(answer == "one", "\(name)")
                }
                try box.serving("two", "--network web") { _ in
                    let hosts = try box.succeed("cat r/containers/\(id)*/hosts")
                    #expect(hosts.contains("two "))
                    let known = try box.succeed("nsenter -t \(try box.pid(of: "one")) -m /bin/cat /etc/hosts")
                    #expect(known.contains("\ttwo "), "what is mounted is rewritten in place")
                }
                let hosts = try box.succeed("cat r/containers/\(id)*/hosts")
                #expect(!hosts.contains("\ttwo "))
            }
            #expect(try box.traces() == "")
        }
    }

    @Test("the default network is made when it is first needed, and resolves names too")
    func defaultNetwork() throws {
        try Box.withNetworks { box in
            try box.serving("one", "--network bridge") { _ in
                let answer = try box.succeed(
                    "varve run --rm --network bridge debian:12 sh -c '\(Self.fetch) http://one/who'")
                #expect(answer == "one")
            }
            #expect(try box.succeed("varve network ls --json | grep -c bridge") == "2")
            #expect(try box.traces() == "")
        }
    }

    @Test("a published port is reached at the host's addresses, and told by 'port'")
    func published() throws {
        try Box.withNetworks { box in
            try box.serving("one", "--network bridge -p 0:80 -p 127.0.0.1::80 -p 127.0.0.1::53/udp") { _ in
                let ports = try box.succeed("varve port one 80").split(separator: "\n")
                #expect(ports.count == 2)
                for port in ports {
                    let number = port.split(separator: ":")[1]
                    let answer = try box.succeed("curl -sS -m 5 http://127.0.0.1:\(number)/who")
                    #expect(answer == "one")
                }
                let number = ports.first { $0.hasPrefix("0.0.0.0:") }?.dropFirst(8) ?? ""
                let own = try box.succeed(
                    "ip -o -4 address show scope global | grep -v varve- | head -n 1 | tr '/' ' ' | busybox awk '{print $4}'"
                )
                let direct = try box.succeed("curl -sS -m 5 http://\(own):\(number)/who")
                #expect(direct == "one")
                let answer = try box.succeed(
                    "varve run --rm --network bridge debian:12 sh -c '\(Self.fetch) http://\(own):\(number)/who'")
                #expect(answer == "one", "also from a container, by the host's address")
                #expect(try box.succeed("varve port one | grep -c -e '^80/tcp -> ' -e '^53/udp -> 127.0.0.1:'") == "3")
            }
            #expect(try box.traces() == "")
        }
    }

    @Test("a port that is taken is refused before anything is started, by name where a container has it")
    func takenPort() throws {
        try Box.withNetworks { box in
            let listener = try Listener()
            try box.transcript(
                """
                $ varve run --rm --network bridge -p \(listener.port):80 debian:12 true
                ! varve: publish port: 0.0.0.0:\(listener.port)/tcp: it is taken
                ! hint: choose another: -p HOSTPORT:PORT, or any that is free: -p PORT
                [125]
                """)
            try box.serving("one", "--network bridge -p 127.0.0.1::80") { _ in
                let port = try box.succeed("varve port one 80 | cut -d: -f2")
                try box.transcript(
                    """
                    $ varve run --rm --network bridge -p \(port):90 debian:12 true
                    ! varve: publish port: 0.0.0.0:\(port)/tcp: container one has it
                    ! hint: choose another: -p HOSTPORT:PORT, or any that is free: -p PORT
                    [125]
                    $ varve ps -a --json | grep -c '"name"'
                    1
                    """)
            }
            #expect(try box.traces() == "")
        }
    }

    @Test("what a container had is released when it is removed after whoever watched it was killed")
    func killed() throws {
        try Box.withNetworks { box in
            let script = "echo runs; sleep 1000"
            let server = try Spawned(
                [
                    "varve", "run", "--rm", "--name", "one", "--network", "bridge", "-p", "80", "debian:12", "sh", "-c",
                    script,
                ],
                in: box)
            try server.waitForOutput("runs")
            try box.succeed("ls r/containers >seen")
            #expect(try box.traces().split(separator: "\n").count > 5)
            try server.send(SIGKILL)
            #expect(try server.wait() == 128 + SIGKILL)
            try box.shell("varve -q rm -f one")
            #expect(try box.traces() == "")

            try box.succeed(
                "varve run -d --name two --network bridge -p 80 debian:12 sleep 1000; ls r/containers >seen")
            #expect(try box.traces().split(separator: "\n").count > 5)
            try box.succeed("varve kill -s KILL two; varve wait two")
            #expect(try box.traces() == "")
            try box.succeed("varve start two")
            try box.succeed("kill -9 $(pgrep -f \"varve-supervisor watch root $BOX/r \")")
            try box.succeed("varve -q rm -f two")
            #expect(try box.traces() == "")
        }
    }

    @Test("two repositories have networks of their own, which differ in device and addresses")
    func twoRepositories() throws {
        try Box.withNetworks { one in
            try Box.withNetworks { two in
                try one.serving("one", "--network bridge") { _ in
                    try two.serving("one", "--network bridge") { _ in
                        let boxes = [one, two]
                        let fields = try boxes.map {
                            try $0.succeed("varve network inspect bridge | grep -e '\"bridge\": \"varve' -e subnet")
                        }
                        let lines = fields.map { Set($0.split(separator: "\n")) }
                        #expect(lines[0].count == 2 && lines[0].isDisjoint(with: lines[1]), "\(fields)")
                    }
                    #expect(try two.traces() == "")
                }
            }
        }
    }

    @Test("a container on another's network has its devices, names and files, and is refused when that does not run")
    func sharedNamespace() throws {
        try Box.withNetworks { box in
            try box.serving("one", "--network bridge -h host") { _ in
                let script = "\(Self.fetch) http://127.0.0.1/who; hostname; busybox cmp /etc/hosts /hosts"
                let answer = try box.succeed(
                    "varve run --rm --network container:one -v $(ls $BOX/r/containers/*/hosts):/hosts debian:12 sh -c '\(script)'"
                )
                #expect(answer == "one\nhost")
            }
            try box.succeed("varve run --name ended debian:12 true")
            try box.transcript(
                """
                $ varve run --rm --network container:ended debian:12 true
                ! varve: use container: ended: it is not running
                [125]
                """)
            #expect(try box.traces() == "")
        }
    }
}
