import Glibc
import Linux
import Testbed
import Testing

/// `/etc/hosts`, `/etc/resolv.conf` and `/etc/hostname` in containers.
@Suite("Name files", .enabled(if: isRoot))
struct NameFileTests {
    @Test("say what was asked for, and nothing of them is a change of the container's")
    func content() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve run --name w -h here --domainname example.org --add-host db:10.1.2.3 --add-host six=::1 --dns 10.1.1.1 --dns-search a.test --dns-search b.test --dns-option ndots:2 debian:12 sh -c 'cat /etc/hosts /etc/resolv.conf /etc/hostname; hostname -f 2>/dev/null; echo 10.9.9.9 own >>/etc/hosts'
            127.0.0.1\tlocalhost
            ::1\tlocalhost ip6-localhost ip6-loopback
            fe00::\tip6-localnet
            ff00::\tip6-mcastprefix
            ff02::1\tip6-allnodes
            ff02::2\tip6-allrouters
            10.1.2.3\tdb
            ::1\tsix
            nameserver 10.1.1.1
            search a.test b.test
            options ndots:2
            here
            $ varve status w
            $ varve commit w
            ! varve: commit: w: nothing has changed since its base
            ! hint: --allow-empty makes a commit all the same
            [1]
            $ varve start -a w | grep -c own
            0
            [1]
            $ varve run --rm --read-only debian:12 sh -c 'echo >>/etc/hosts'
            ! sh: can't create /etc/hosts: Read-only file system
            [1]
            $ echo mine >mine; varve run --rm -v $BOX/mine:/etc/hosts debian:12 cat /etc/hosts
            mine
            $ varve run --rm --network host debian:12 cat /etc/hosts | cmp - /etc/hosts
            """)
    }

    @Test("lie where a symlink of the image leads inside the root, never outside")
    func symlinks() throws {
        let box = try Box()
        try box.succeed(
            """
            mkdir -p secret/etc
            for name in hosts resolv.conf hostname; do
                echo secret >secret/$name
                ln -s ../../../../../../../../..$BOX/secret/$name base/etc/$name
            done
            tar -C base -cf hostile.tar .; varve -q import hostile hostile.tar
            rm base/etc/hosts base/etc/resolv.conf
            ln -s $BOX/secret/hosts base/etc/hosts
            ln -s resolv.conf base/etc/resolv.conf
            tar -C base -cf loop.tar .; varve -q import loop loop.tar
            rm -r base/etc; ln -s ..$BOX/secret base/etc
            tar -C base -cf directory.tar .; varve -q import directory directory.tar
            """)
        let script = "cat /etc/hosts | head -n 1; for n in hosts resolv.conf hostname; do echo broken >/etc/$n; done"
        for image in ["hostile", "directory"] {
            #expect(
                try box.succeed("varve run --rm --dns 10.1.1.1 \(image) sh -c '\(script)'") == "127.0.0.1\tlocalhost")
        }
        let result = try box.shell("varve run --rm loop true")
        #expect(result.status == 125)
        #expect(result.errors.contains("prepare mount point: /etc/resolv.conf: "))
        #expect(try box.succeed("cat secret/hosts secret/resolv.conf secret/hostname") == "secret\nsecret\nsecret")
        #expect(try box.succeed("ls secret") == "etc\nhostname\nhosts\nresolv.conf")
    }

    @Test("have by which others find the container, also for itself")
    func ownNames() throws {
        try Box.withNetworks { box in
            let hosts = try box.succeed(
                "varve run --rm --name n1 -h here --network bridge --network-alias db debian:12 cat /etc/hosts")
            #expect(try #require(hosts.split(separator: "\n").dropLast().last).contains(#/\there n1 db [0-9a-f]{12}$/#))
        }
    }

    @Test("keep what the container writes into them when names come and go, in the same file")
    func edited() throws {
        try Box.withNetworks { box in
            try box.serving("one", "--network bridge") { _ in
                let file = try box.succeed("ls r/containers/*/hosts")
                let before = try box.succeed("stat -c %i \(file); echo 10.9.9.9 own >>\(file); cat \(file)")
                try box.serving("two", "--network bridge") { _ in
                    let during = try box.succeed("cat \(file)")
                    #expect(during.contains("two ") && during.contains("10.9.9.9 own"))
                }
                #expect(try box.succeed("stat -c %i \(file); cat \(file)") == before)
            }
        }
    }

    @Test("that a container makes huge, locks or takes a lease on hold nobody up")
    func hostileFiles() throws {
        try Box.withNetworks { box in
            try box.serving("one", "--network bridge") { _ in
                let file = try box.succeed("ls r/containers/*/hosts")
                try box.succeed("truncate -s 1T \(file)")
                #expect(try box.succeed("varve run --rm --network bridge debian:12 cat /etc/hosts").contains("one "))
                #expect(try box.succeed("busybox wc -c <\(file)").count < 4)
                let before = try box.succeed("cat \(file)")
                let holder = try Spawned(
                    [
                        "python3", "-c",
                        """
                        import fcntl, signal, sys
                        signal.signal(signal.SIGIO, signal.SIG_IGN)
                        file = open(sys.argv[1])
                        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
                        print("holds", flush=True)
                        input()
                        """, file,
                    ], in: box)
                try holder.waitForOutput("holds")
                #expect(try box.succeed("varve run --rm --network bridge debian:12 cat /etc/hosts").contains("one "))
                // Whoever had waited until the kernel broke the lease would have written.
                #expect(try box.succeed("cat \(file)") == before)
                try holder.closeInput()
                #expect(try holder.wait() == 1)
            }
        }
    }
}
