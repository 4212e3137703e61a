import Glibc
import Linux
import Testbed
import Testing

/// Plugins that fail, are missing, or at which varve is killed: what is left can always be taken away.
@Suite("Failing plugins", .enabled(if: isRoot))
struct FailingPluginTests {
    @Test("a plugin that fails to disconnect is told of, and keeps neither container, address nor network")
    func failsToDisconnect() throws {
        try Box.withNetworks { box in
            try box.wrapPlugin(
                "bridge",
                """
                [ "$CNI_COMMAND" = DEL ] && [ ! -e \(box.path)/works ] || exec /usr/lib/cni/bridge
                echo '{"cniVersion": "1.0.0", "code": 11, "msg": "no way"}'
                exit 1
                """)
            let warning = "! varve: warning: disconnect networks: w: disconnect network: a: plugin bridge: no way"
            try box.transcript(
                """
                $ varve -q network create a >made
                $ varve run --rm --name w --network a debian:12 true
                \(warning)
                $ varve run --name w --network a debian:12 true 2>&1 | grep -v no.way
                [1]
                $ varve network disconnect a w
                $ varve rm w
                ! removed w
                $ varve network rm a
                ! removed a
                """)
            #expect(try box.traces() == "")

            try box.succeed("varve network create a; varve network create b")
            try box.serving("w", "--network b") { _ in
                let devices = "nsenter -t \(try box.pid(of: "w")) -n ip -o link | grep -o 'eth[0-9]'"
                try box.succeed("varve network connect a w")
                #expect(try box.succeed(devices) == "eth0\neth1")
                try box.transcript("$ varve network disconnect a w\n\(warning)")
                #expect(try box.succeed(devices) == "eth0")
                try box.succeed("touch works")
            }
            #expect(try box.traces() == "")
        }
    }

    @Test("plugins that are missing by then keep nothing from being removed")
    func missingAtEnd() throws {
        try Box.withNetworks { box in
            try box.wrapPlugin("bridge", "exec /usr/lib/cni/bridge")
            try box.succeed("varve network create a")
            try box.serving("one", "--network a") { _ in try box.succeed("mv plugins elsewhere") }
            #expect(try box.traces() == "")
            try box.transcript("$ varve network rm a\n! removed a")
        }
    }

    @Test("a device that is divided has to be there when a network is made, and may be gone when one is removed")
    func missingParent() throws {
        try Box.withNetworks { box in
            let device = "vt\(UInt32.random(in: 0...(.max)))"
            try box.succeed("ip link add \(device) type bridge")
            defer { _ = try? box.shell("ip link del \(device)") }
            try box.transcript(
                """
                $ varve network create -d macvlan --opt parent=\(device)x --subnet 10.197.0.0/24 m
                ! varve: create network: --opt parent=\(device)x: the host has no such device
                [3]
                $ varve -q network create -d macvlan --opt parent=\(device) --subnet 10.197.0.0/24 m >made
                $ ip link del \(device)
                $ varve run --name w --network m debian:12 true 2>&1 | grep -o 'varve: connect network: m: plugin macvlan'
                varve: connect network: m: plugin macvlan
                $ varve ps -a --json
                []
                $ varve network prune -f
                m
                """)
        }
    }

    @Test("varve killed while it connects leaves what disconnects, and connects again")
    func killedWhileConnecting() throws {
        try Box.withNetworks { box in
            try box.wrapPlugin(
                "bridge",
                """
                /usr/lib/cni/bridge; code=$?
                [ "$CNI_COMMAND" = ADD ] && [ -e \(box.path)/kill ] && rm \(box.path)/kill && kill -9 $PPID
                exit $code
                """)
            try box.succeed("varve network create a; varve network create b")
            try box.serving("one", "--network a") { _ in
                let devices = "nsenter -t \(try box.pid(of: "one")) -n ip -o link | grep -o 'eth[0-9]'"
                let leases = "ls r/networks/b/leases/b | grep -c '^[0-9]' || true"
                for next in ["disconnect", "connect"] {
                    try box.succeed("touch kill")
                    #expect(try box.shell("varve network connect b one").status == 128 + SIGKILL)
                    #expect(try box.succeed(devices) == "eth0\neth1", "killed when the device was there")
                    try box.transcript("$ varve network \(next) b one")
                    let isConnected = next == "connect"
                    #expect(try box.succeed(devices) == (isConnected ? "eth0\neth1" : "eth0"))
                    #expect(try box.succeed(leases) == (isConnected ? "1" : "0"))
                }
            }
            #expect(try box.traces() == "")
        }
    }

    @Test("ports are published again by the network that a running container is connected to again")
    func portsAgain() throws {
        try Box.withNetworks { box in
            try box.succeed("varve network create a")
            try box.serving("one", "--network a -p 127.0.0.1::80") { _ in
                try box.transcript(
                    """
                    $ varve network disconnect a one
                    ! varve: warning: disconnect network: a: one publishes no port now
                    $ varve port one
                    $ varve network connect a one
                    """)
                let port = try box.succeed("varve port one 80 | cut -d: -f2")
                #expect(try box.succeed("curl -s -m 5 http://127.0.0.1:\(port)/who") == "one")
            }
            #expect(try box.traces() == "")
        }
    }
}

extension Box {
    /// Has the plugins of this machine found in `plugins`, but a shell script in place of one of them.
    fileprivate func wrapPlugin(_ name: String, _ script: String) throws {
        try succeed(
            """
            mkdir plugins; ln -s /usr/lib/cni/* plugins; rm plugins/\(name)
            cat >plugins/\(name) <<'END'
            #!/bin/sh
            \(script)
            END
            chmod +x plugins/\(name)
            """)
        environment["CNI_PATH"] = directory.file("plugins")
    }
}
