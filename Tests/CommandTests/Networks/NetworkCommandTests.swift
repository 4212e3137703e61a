import Testbed
import Testing

/// `network` and the options that are about networks.
@Suite("Network commands", .enabled(if: isRoot))
struct NetworkCommandTests {
    @Test("networks are made, listed, shown and removed")
    func life() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve network ls
            NETWORK ID   NAME   DRIVER   SUBNET   CREATED
            $ varve network create --subnet 10.211.0.0/24 --gateway 10.211.0.9 --ip-range 10.211.0.128/25 --internal --label b=2 --label a=1 -o com.docker.network.driver.mtu=1400 web
            ID1
            $ varve network ls
            NETWORK ID     NAME   DRIVER   SUBNET          CREATED
            id1   web    bridge   10.211.0.0/24   AGO
            $ varve network inspect web | grep -v -e created -e '"bridge": "varve-'
            [
              {
                "name": "web",
                "id": "ID1",
                "driver": "bridge",
                "subnet": "10.211.0.0/24",
                "gateway": "10.211.0.9",
                "range": "10.211.0.128/25",
                "internal": true,
                "options": {
                  "com.docker.network.driver.mtu": "1400"
                },
                "labels": {
                  "a": "1",
                  "b": "2"
                },
                "containers": []
              }
            ]
            $ varve run --rm --network name=web,ip=10.211.0.130,mac-address=02:42:ac:11:00:02 debian:12 sh -c 'ip -o -4 address show eth0; ip -o link show eth0' | grep -o -e 'inet [^ ]*' -e 'mtu [0-9]*' -e 'ether [^ ]*'
            inet 10.211.0.130/24
            mtu 1400
            ether 02:42:ac:11:00:02
            $ varve network create web
            ! varve: create network: web: another network has this name
            [2]
            $ varve network create --subnet 10.211.0.0/16 more
            ! varve: create network: --subnet 10.211.0.0/16: it overlaps with 10.211.0.0/24 of the network web
            [3]
            $ varve network rm wob
            ! varve: find network: wob: no network has this name or id
            ! hint: did you mean web?
            [2]
            $ varve network rm $(varve network inspect web | grep '"id"' | cut -d'"' -f4 | cut -c1-12)
            ! removed web
            $ varve network ls --json
            []
            """)
    }

    @Test("a network in use is refused, and named with who uses it")
    func inUse() throws {
        try Box.withNetworks { box in
            try box.succeed("varve network create web")
            try box.serving("one", "--network web") { _ in
                try box.transcript(
                    """
                    $ varve network rm web
                    ! varve: remove network: web: containers are connected to it: one
                    ! hint: varve network disconnect web one
                    [3]
                    $ varve network prune
                    """)
            }
            try box.transcript("$ varve network prune\nweb")
        }
    }

    /// What is wrong, and what is said of it.
    private static let mistakes = [
        ("network create -d overlay x", "network create: --driver overlay: it takes bridge, macvlan or ipvlan"),
        ("network create none", "create network: none: a network's name is a letter or digit,"),
        ("network create .new", "create network: .new: a network's name is a letter or digit,"),
        ("network create --subnet 10.211.0.1/24 x", "network create: --subnet 10.211.0.1/24: 10.211.0.1 is inside"),
        ("network create --subnet fd00::/64 x", "network create: --subnet fd00::/64: it takes IPv4 addresses"),
        ("network create --subnet 10.211.0.0/30 x", "create network: --subnet 10.211.0.0/30: its prefix is 8 to 29"),
        ("network create --gateway 10.1.1.1 x", "create network: --gateway 10.1.1.1: it takes a --subnet"),
        (
            "network create --subnet 10.211.0.0/24 --gateway 10.211.1.1 x",
            "create network: --gateway 10.211.1.1: it is no host of 10.211.0.0/24"
        ),
        ("network create -o a=b x", "create network: --opt a: there is no such option"),
        ("network create -o parent=lo x", "create network: --opt parent: networks of the driver bridge have no"),
        (
            "network create -o com.docker.network.driver.mtu=9 x",
            "create network: --opt com.docker.network.driver.mtu=9:"
        ),
        ("network create -o com.docker.network.bridge.name=lo x", "the host has such a device already"),
        ("network create -d macvlan x", "create network: x: the driver macvlan takes the --subnet of its parent"),
        ("network connect bridge w", "connect network: w: it was made without networks"),
        ("run --network nosuch debian:12 true", "find network: nosuch: no network has this name or id"),
        ("run --network none --network host debian:12 true", "run: --network none: it goes with no other network"),
        ("run --network bridge --network bridge debian:12 true", "run: --network bridge: it is named twice"),
        ("run --network name=a,ip=x debian:12 true", "run: --network name=a,ip=x: it takes NAME, or name=NAME,"),
        ("run --network container:none debian:12 true", "find container: none: no container has this name or id"),
        ("run --network container:w -p 80 debian:12 true", "run: --publish: it takes a network of the container's own"),
        ("run --network container:w -h x debian:12 true", "run: --hostname: it takes a network of the container's own"),
        ("run -p 80 debian:12 true", "run: --publish: it takes a network of the container's own"),
        ("run --network bridge -p 0:80 debian:12 true", "run: --publish 0:80: it takes"),
        ("run --network bridge -p 1-3:80-81 debian:12 true", "run: --publish 1-3:80-81: it takes"),
        ("run --network bridge -p [::1]:80:80 debian:12 true", "run: --publish [::1]:80:80: it takes"),
        ("run --network bridge -p 80:80/icmp debian:12 true", "run: --publish 80:80/icmp: it takes"),
        (
            "run --network bridge -p 203.0.113.1:8080:80 debian:12 true",
            "publish port: 203.0.113.1:8080/tcp: Cannot assign"
        ),
        ("run --network bridge --ip 1.2.3 debian:12 true", "run: --ip 1.2.3: it takes an IPv4 address"),
        ("run --network bridge --ip 203.0.113.1 debian:12 true", "connect network: bridge: 203.0.113.1 is no host of"),
        (
            "run --network bridge --mac-address 01:00:00:00:00:00 debian:12 true",
            "run: --mac-address 01:00:00:00:00:00:"
        ),
        ("run --add-host a debian:12 true", "run: --add-host a: it takes NAME:ADDRESS"),
        ("run --add-host $'a\\nb:10.1.1.1' debian:12 true", "it takes one word"),
        ("run --add-host a:host-gateway debian:12 true", "add host: a: a container without networks does not reach"),
        ("run --dns here debian:12 true", "run: --dns here: it takes an address"),
        ("port w 80", "find port: w: it publishes no 80/tcp now"),
        ("port w x", "port: x: it takes PORT[/tcp|udp|sctp]"),
    ]

    @Test("each mistake is refused, with what is wrong, and leaves nothing")
    func mistakes() throws {
        try Box.withNetworks { box in
            try box.succeed("varve run --name w debian:12 true")
            for (command, text) in Self.mistakes {
                let result = try box.run("bash", "varve \(command)")
                #expect(result.status != 0 && result.errors.contains(text), "\(command): \(result.errors)")
                #expect(result.errors.hasPrefix("varve: "), "\(command): \(result.errors)")
            }
            #expect(try box.succeed("ls r/names") == "w")
            #expect(try box.traces() == "")
        }
    }

    @Test("a plugin that is not there is named, with the package that has it, and nothing is started")
    func missingPlugin() throws {
        let box = try Box()
        box.environment["CNI_PATH"] = box.directory.file("empty")
        try box.transcript(
            """
            $ varve run --rm --network bridge debian:12 true
            ! varve: find network plugin: bridge: it is not in BOX/empty
            ! hint: apt-get install containernetworking-plugins
            [125]
            $ mkdir some; ln -s /usr/lib/cni/bridge some; CNI_PATH=$BOX/empty:$BOX/some varve run --rm --network bridge debian:12 true
            ! varve: find network plugin: host-local: it is not in BOX/empty, BOX/some
            ! hint: apt-get install containernetworking-plugins
            [125]
            $ VARVE_NETWORK= varve run --rm debian:12 ip -o link | cut -d' ' -f2
            lo:
            $ varve ps -a --json
            []
            """)
        #expect(try box.traces() == "")
    }

    @Test("what a plugin says against it is told, and taken back is what came before")
    func failingPlugin() throws {
        try Box.withNetworks { box in
            try box.succeed(
                #"""
                mkdir plugins; ln -s /usr/lib/cni/* plugins; rm plugins/portmap
                cat >plugins/portmap <<'END'
                #!/bin/sh
                [ "$CNI_COMMAND" = ADD ] || exit 0
                echo '{"cniVersion": "1.0.0", "code": 11, "msg": "no room", "details": "try later"}'
                exit 1
                END
                chmod +x plugins/portmap
                """#)
            box.environment["CNI_PATH"] = box.directory.file("plugins")
            try box.transcript(
                """
                $ varve run --name w --network bridge -p 80 debian:12 true
                ! varve: connect network: bridge: plugin portmap: no room: try later
                [125]
                $ varve ps -a --json
                []
                """)
            #expect(try box.traces() == "")
        }
    }
}

extension Box {
    /// Runs a script in the box's directory, in another shell than that of ``shell(_:input:)``.
    fileprivate func run(_ shell: String, _ script: String) throws -> CommandResult {
        try Testbed.run([shell, "-c", "cd \"$BOX\" && \(script)"], environment: environment)
    }
}
