import Testbed
import Testing

/// What is mounted in containers: volumes with and without names, paths of the host, memory.
@Suite("Volumes", .enabled(if: isRoot))
struct VolumeTests {
    /// `/data` belongs to somebody, has times and an attribute, a hard link and a setuid file.
    private func box() throws -> Box {
        let box = try Box(imported: false)
        try box.succeed(
            """
            mkdir -p base/data/sub; echo image >base/data/file; ln base/data/file base/data/sub/again
            chmod 4755 base/data/file; setfattr -n user.note -v kept base/data/sub
            chown 1000:29 base/data; chmod 2770 base/data; touch -d @5 base/data
            varve import -q debian:12 base
            """)
        return box
    }

    @Test("a named volume begins with what the image has, outlives its containers, and is not taken from them")
    func named() throws {
        try box().transcript(
            """
            $ varve volume create --label of=shop data
            data
            $ varve volume create data
            data
            $ varve run --name one -v data:/data debian:12 sh -c 'busybox stat -c "%a %u:%g %Y" /data; busybox stat -c "%a %h" /data/file; echo mine >/data/mine'
            2770 1000:29 5
            4755 2
            $ getfattr --only-values -n user.note r/volumes/data/data/sub; echo
            kept
            $ varve status one
            $ varve volume rm data
            ! varve: remove volume: data: it is used by one
            ! hint: 'varve rm' takes containers away
            [3]
            $ varve volume ls | sed 's/   .*   /  /'
            VOLUME NAME  USED BY
            data  one
            $ varve rm -q one
            $ varve run --rm -v data:/elsewhere:ro debian:12 sh -c 'cat /elsewhere/mine; touch /elsewhere/x'
            mine
            ! touch: /elsewhere/x: Read-only file system
            [1]
            $ varve volume rm nosuch dat
            ! varve: find volume: nosuch: there is none
            [2]
            $ varve volume rm dat
            ! varve: find volume: dat: there is none
            ! hint: did you mean data?
            [2]
            $ varve volume rm -f nosuch data
            ! removed data
            $ varve volume ls -q; ls r/volumes
            """)
    }

    @Test("a volume is filled only while it is new to its container and empty")
    func filledOnce() throws {
        try box().transcript(
            """
            $ varve run --rm -v data:/data:nocopy debian:12 ls /data
            $ varve run --name w -v data:/data debian:12 sh -c 'ls /data; rm -r /data/*'
            file
            sub
            $ varve start -a w
            rm: can't remove '/data/*': No such file or directory
            [1]
            """.replacing("rm: can't", with: "! rm: can't"))
    }

    @Test("is found in lists by its name, its labels and whether it is used")
    func filters() throws {
        let box = try box()
        try box.succeed("varve volume create --label a=1 --label b one; varve volume create --label a=2 two")
        try box.succeed("varve run --name w -v two:/x debian:12 true")
        for (filters, names) in [
            ("", "one two"), ("-f name=n", "one"), ("-f label=a", "one two"), ("-f label=a=2", "two"),
            ("-f label=a -f label=b", "one"), ("-f dangling=true", "one"), ("-f dangling=0", "two"),
            ("-f name=one -f name=two", "one two"),
        ] {
            #expect(try box.succeed("echo $(varve volume ls -q \(filters))") == names, "\(filters)")
        }
        try box.refuses(
            "varve volume ls -f size=3", code: 2,
            "varve: volume ls: --filter size=3: there is no key 'size'\nhint: the keys are name, label, dangling")
        try box.transcript(
            """
            $ varve volume inspect two
            [
              {
                "name": "two",
                "created": id1,
                "labels": {
                  "a": "2"
                },
                "anonymous": false,
                "mountPoint": "BOX/r/volumes/two/data",
                "containers": [
                  "w"
                ]
              }
            ]
            $ varve volume prune --filter label=a=2 -f -q -a
            $ echo n | varve volume prune -q
            ! Remove all volumes without a given name that no container has, with what is in them? [y/N] \n[1]
            $ varve volume create -q >made; varve volume prune -fq | cmp - made
            $ echo n | varve volume prune -q --all
            ! Remove all volumes that no container has, with what is in them? [y/N] \n[1]
            $ varve volume prune -afq
            one
            """)
    }

    @Test("those that nobody named stay when their container is removed, unless they are to go too")
    func anonymous() throws {
        let box = try box()
        try box.succeed(
            "varve run --name w -v /data -v named:/named debian:12 sh -c 'echo mine >/data/mine; touch /named/n'")
        try box.transcript(
            """
            $ varve rm -q w; varve volume ls -q | grep -cE '^[0-9a-f]{64}$'; ls r/containers
            1
            $ varve run --rm -v $(varve volume ls -q | grep -E '^[0-9a-f]{64}$'):/x debian:12 sh -c 'cat /x/mine; busybox stat -c %a:%u:%g /x'
            mine
            2770:1000:29
            $ varve volume prune -fq | wc -l; varve volume ls -q
            1
            named
            $ varve run --rm -v /data debian:12 true; varve run --name w -v /data debian:12 true; varve rm -q -v w; varve volume ls -q
            named
            $ varve run -d --name w -v /data debian:12 sleep 1000 >id; varve rm -qf w; varve volume ls -q | wc -l; varve volume prune -fq >pruned
            2
            $ varve run -d --name w -v /data debian:12 sleep 1000 >id; varve rm -qfv w; varve volume ls -q
            named
            """)
    }

    @Test("those of another container are its own, and stay as long as somebody has them")
    func lent() throws {
        try box().transcript(
            """
            $ varve run --name one -v /own -v data:/data --tmpfs /t debian:12 sh -c 'echo o >/own/f'
            $ varve run --name two --volumes-from one:ro debian:12 sh -c 'cat /own/f; ls /data; ls /t; touch /own/g'
            o
            file
            sub
            ! ls: /t: No such file or directory
            ! touch: /own/g: Read-only file system
            [1]
            $ varve rm -q one
            ! varve: remove container: one: its volumes are used by two
            [3]
            $ varve rm -q two one
            $ varve run --rm --volumes-from nosuch debian:12 true
            ! varve: find container: nosuch: no container has this name or id
            [125]
            """)
    }

    @Test("mounts are made as docker's long and short options say")
    func mounts() throws {
        let box = try box()
        try box.succeed("mkdir -p host/below; echo h >host/f")
        let mount = "sh -c 'busybox mount | grep \" /x \" | busybox sed \"s/.* on/on/\"'"
        for (flag, expected) in [
            ("--tmpfs /x", "on /x type tmpfs (rw,nosuid,nodev,noexec,relatime)"),
            ("--tmpfs /x:exec,size=64k,mode=700", "on /x type tmpfs (rw,nosuid,nodev,relatime,size=64k,mode=700)"),
            (
                "--mount type=tmpfs,dst=/x,tmpfs-size=1m,ro=1",
                "on /x type tmpfs (ro,nosuid,nodev,noexec,relatime,size=1024k)"
            ),
        ] {
            #expect(try box.succeed("varve run --rm \(flag) debian:12 \(mount)") == expected, "\(flag)")
        }
        for (flag, names) in [
            ("-v ./host:/x", "below f"), ("-v $BOX/host:/x:ro,rprivate", "below f"), ("-v v:/x", ""),
            ("--mount type=bind,src=./host,target=/x", "below f"), ("--mount source=v,target=/x", ""), ("-v /x", ""),
        ] {
            #expect(try box.succeed("varve run --rm \(flag) debian:12 sh -c 'echo $(ls /x)'") == names, "\(flag)")
        }
        #expect(try box.succeed("varve run --rm --mount target=/data debian:12 cat /data/file") == "image")
        #expect(
            try box.succeed("varve run --rm --shm-size 2m debian:12 busybox df -k /dev/shm | grep -c ' 2048 '") == "1")
        // In place of what is there in every container.
        #expect(try box.succeed("varve run --rm -v $BOX/host:/dev/shm debian:12 cat /dev/shm/f") == "h")
    }

    @Test(
        "a wrong mount is refused with what is accepted",
        arguments: [
            ("-v data", "read -v: data: it takes SOURCE:/DESTINATION[:OPTIONS], or /DESTINATION alone"),
            ("-v a:b", "read -v: a:b: it takes SOURCE:/DESTINATION[:OPTIONS], or /DESTINATION alone"),
            ("-v a:/b:ro:x", "read -v: a:/b:ro:x: it takes SOURCE:/DESTINATION[:OPTIONS], or /DESTINATION alone"),
            ("-v a!:/b", "read -v: a!:/b: 'a!' is no volume's name"),
            ("-v a:/b:rshared", "read -v: a:/b:rshared: there is no option 'rshared'"),
            ("-v a:/b -v /b", "mount volume: /b: two were asked for at this place"),
            ("-v a:/../b", "mount volume: /../b: the place in the container is an absolute path without '..'"),
            ("-v a:/", "mount volume: /: the container's root is its own"),
            ("-v a:/proc", "mount volume: /proc: nothing is mounted over /proc, or in it"),
            ("-v /etc:/proc/self/", "mount volume: /proc/self: nothing is mounted over /proc, or in it"),
            ("--tmpfs /proc/sys/net", "mount volume: /proc/sys/net: nothing is mounted over /proc, or in it"),
            ("--mount type=nfs,dst=/x", "read --mount: type=nfs,dst=/x: type 'nfs': it is 'bind', 'volume' or 'tmpfs'"),
            ("--mount type=bind,dst=/x", "read --mount: type=bind,dst=/x: type bind needs source=/PATH"),
            ("--mount dst=/x,tmpfs-size=1", "read --mount: dst=/x,tmpfs-size=1: type volume has no 'tmpfs-size'"),
            ("--mount dst=/x,ro=maybe", "read --mount: dst=/x,ro=maybe: 'readonly' is 'true' or 'false', not 'maybe'"),
            ("--mount dst=/x,target=/y", "read --mount: dst=/x,target=/y: 'target' stands there twice"),
            ("--mount src=a", "read --mount: src=a: it has no target=/PATH"),
            ("--tmpfs x", "read --tmpfs: x: it takes /DESTINATION[:OPTIONS]"),
            ("--tmpfs /x:mode=9", "read --tmpfs: /x:mode=9: mode '9': it takes an octal number such as 1777"),
            ("--tmpfs /x:fast", "read --tmpfs: /x:fast: there is no option 'fast'"),
            ("--shm-size much", "read --shm-size: much: it takes a size above 0, such as 64m or 1g"),
            ("--volumes-from w:x", "read --volumes-from: w:x: it takes CONTAINER[:ro|rw]"),
            ("--mount type=bind,src=/no/such,dst=/x", "mount volume: /no/such: the host has no such file or directory"),
        ])
    func refused(flags: String, message: String) throws {
        let box = try Box()
        let result = try box.shell("varve run --rm \(flags) debian:12 true")
        #expect(result.status == 125 && result.text.isEmpty, "\(flags)")
        #expect(result.errors.hasPrefix("varve: \(message)\n"), "\(flags): \(result.errors)")
        #expect(try box.succeed("ls r/containers; ls r/volumes 2>/dev/null || :") == "", "\(flags)")
    }

    @Test("what a removal or a creation left that was cut short goes, and damage is told")
    func damage() throws {
        let box = try box()
        try box.succeed(
            """
            set -e
            for name in half broken used; do varve volume create $name; done
            varve run --name w -v used:/u debian:12 true
            echo left >r/volumes/half/data/left; rm r/volumes/half/volume.json
            echo '{' >r/volumes/broken/volume.json
            varve volume rm -f half; rm -r r/volumes/used
            """)
        try box.transcript(
            """
            $ varve volume ls
            VOLUME NAME   CREATED   USED BY
            ! varve: warning: read volume: broken: BOX/r/volumes/broken/volume.json is damaged
            $ varve fsck -q
            volume broken: BOX/r/volumes/broken/volume.json is damaged
            volume used: it is missing, and used by w
            [1]
            $ varve start -a w
            ! varve: find volume: used: there is none
            [125]
            $ varve gc -q >gc; ls r/volumes
            broken
            $ varve volume create half; ls -A r/volumes/half/data
            half
            $ varve volume rm -q broken half; ls r/volumes
            """)
    }

    @Test("of many that make and remove one volume at once none fails, and none is left")
    func atOnce() throws {
        let box = try box()
        // By a pipe: sendfile(2), which busybox has for this, loses what others write to one file at once.
        let script = """
            {
              for i in 1 2 3 4; do
                (for j in 1 2 3; do varve run --rm -v same:/data debian:12 cat /data/file || echo run; done) &
              done
              wait
            } | cat
            varve volume rm same
            """
        let result = try box.shell(script)
        #expect(result.text == String(repeating: "image\n", count: 12), "\(result.errors)")
        #expect(try box.succeed("ls r/volumes") == "")
    }
}
