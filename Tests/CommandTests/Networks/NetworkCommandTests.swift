import Linux
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
                    $ varve network prune -f
                    """)
            }
            try box.transcript("$ varve network prune -f\nweb")
        }
    }

    @Test("networks are listed by filter and by id alone, and pruned when somebody says so")
    func chosen() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve network create --label a=1 web >made; varve network create inner >>made
            $ varve network ls -q
            id1
            id2
            $ varve network ls -q --filter label=a=1
            id2
            $ varve network ls -q -f name=inn -f name=other -f driver=bridge -f dangling=true
            id1
            $ varve network ls -q -f id=$(head -n 1 made | cut -c1-12)
            id2
            $ varve network ls -q -f driver=macvlan; varve network ls -q -f dangling=false
            $ varve network ls -f x=1 2>&1 | tail -n 1
            hint: the keys are name, id, driver, label, dangling
            $ echo n | varve network prune 2>asked
            [1]
            $ echo y | varve network prune --filter label=a 2>asked
            web
            $ varve network rm $(varve network ls -q)
            ! removed inner
            """)
    }

    @Test("a container is disconnected from a network that there is no more, and starts again")
    func gone() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve network create gone >made; varve run --name w --network gone debian:12 true
            $ varve network rm gone
            ! removed gone
            $ varve start -a w
            ! varve: find network: gone: no network has this name or id
            ! hint: make it with 'varve network create gone'
            [125]
            $ varve network disconnect gone w
            ! varve: find network: gone: no network has this name or id
            ! hint: make it with 'varve network create gone'
            [2]
            $ varve network disconnect -f gone w
            $ varve start -a w
            $ varve network disconnect -f gone w
            ! varve: disconnect network: gone: w is not connected to it
            [3]
            """)
    }

    @Test("of two that remove a network at once one does, and the other is told that it is gone")
    func removedTwice() throws {
        let box = try Box()
        try box.succeed("varve network create a")
        let file = box.directory.file("r/networks/lock")
        let inode = try box.succeed("stat -c %i r/networks/lock")
        let both: [Spawned]
        do {
            let lock = try FileLock.acquire(file)
            both = try (0..<2).map { _ in try Spawned(["varve", "network", "rm", "a"], in: box) }
            try both[0].waitUntil("both wait for the lock") {
                try box.shell("grep -c -e '-> OFDLCK .*:\(inode) ' /proc/locks").text == "2\n"
            }
            withExtendedLifetime(lock) {}
        }
        let codes = try both.map { try $0.wait() }
        #expect(codes.sorted() == [0, 2])
        let told = try both.map { try $0.errors() }.sorted()
        #expect(told[0] == "removed a\n")
        #expect(
            told[1]
                == "varve: find network: a: no network has this name or id\nhint: make it with 'varve network create a'\n"
        )
    }

    @Test("a container on the host's network has its name, and ports that it would publish are told of")
    func hostNetwork() throws {
        let box = try Box()
        try box.transcript(
            """
            $ [ "$(varve run --rm --network host debian:12 sh -c 'hostname; echo $HOSTNAME; cat /etc/hostname' | uniq)" = "$(uname -n)" ]
            $ varve run --rm --network host -h other debian:12 hostname
            other
            $ varve run --rm --network host -p 80 debian:12 true
            ! varve: warning: run: --publish: it does nothing with --network host
            $ varve run --rm --network none -P debian:12 true
            ! varve: warning: run: --publish: it does nothing with --network none
            """)
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
        ("run --network bridge -p 1-3:80-81 debian:12 true", "run: --publish 1-3:80-81: it takes"),
        ("run --network bridge -p [::1]:80:80 debian:12 true", "run: --publish [::1]:80:80: containers have no IPv6"),
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
        ("run --add-host $'a\\nb:10.1.1.1' debian:12 true", "run: --add-host a b: it takes letters, digits,"),
        (
            "run --hostname $'x\\n1.2.3.4 evil' debian:12 true",
            "run: --hostname x 1.2.3.4 evil: it takes letters, digits,"
        ),
        ("run --domainname 'd e' debian:12 true", "run: --domainname d e: it takes letters, digits,"),
        (
            "run -h \(String(repeating: "x", count: 65)) debian:12 true",
            "it takes letters, digits, '-', '_' and '.', at most 64"
        ),
        (
            "run --network bridge --network-alias '# varve: end' debian:12 true",
            "run: --network-alias # varve: end: it takes letters, digits,"
        ),
        (
            "run --network name=bridge,alias=a#b debian:12 true",
            "run: --network name=bridge,alias=a#b: it takes NAME, or"
        ),
        (
            "network connect --alias $'a\\n6.6.6.6 evil.com' bridge w",
            "network connect: --alias a 6.6.6.6 evil.com: it takes letters, digits,"
        ),
        ("network connect --alias '' bridge w", "network connect: --alias : it takes letters, digits,"),
        ("network disconnect -f gone w", "disconnect network: w: it was made without networks"),
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
