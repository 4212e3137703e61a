import Testbed
import Testing

/// Looking into commits and containers.
@Suite("Looking inside", .enabled(if: isRoot))
struct LookTests {
    @Test("ls and cat look into commits and into what containers have not committed")
    func listAndPrint() throws {
        let box = try Box()
        try box.succeed(
            "varve run --name w debian:12 sh -c 'echo new >/etc/motd; rm /etc/numbers; mkdir /d; ln -s a /d/l'")
        try box.transcript(
            """
            $ varve ls debian:12:/etc
            group
            numbers
            os-release
            passwd
            $ varve ls w:/etc
            group
            motd
            os-release
            passwd
            $ varve cat w:/etc/motd
            new
            $ varve cat debian:12:/etc/numbers
            one
            two
            three
            $ varve cat debian:12:/etc/numbers/
            one
            two
            three
            $ varve ls -l debian:12:/tmp/
            $ varve ls -l debian:12:/ | head -n 1
            drwxr-xr-x 0:0          0 Sun Sep 13 12:26:40 2020 +0000 bin
            $ varve ls -l debian:12:/ | sed -n /tmp/p
            drwxrwxrwt 0:0          0 Sun Sep 13 12:26:40 2020 +0000 tmp
            $ varve ls -l debian:12:/bin/sh
            lrwxrwxrwx 0:0          7 Sun Sep 13 12:26:40 2020 +0000 sh -> busybox
            $ varve cat w:/etc/numbers
            ! varve: find path: w:/etc/numbers: there is nothing at this path
            [2]
            $ varve cat debian:12:/etc
            ! varve: read: debian:12:/etc: it is not a regular file
            [2]
            $ varve ls debian:12
            ! varve: read place: debian:12: it names no path
            ! hint: write REV:/path, as in debian:12:/etc/hosts
            [2]
            $ varve ls debian:12:/../x
            ! varve: read path: /../x: it has a '..', or a name over 255 bytes
            [2]
            """)
        #expect(try box.shell("varve cat debian:12:/bin/busybox | cmp - base/bin/busybox").status == 0)
    }

    @Test("a commit is mounted read-only and taken away, and nothing else is taken away")
    func mount() throws {
        let box = try Box()
        try box.succeed("mkdir m plain foreign; mount -t tmpfs tmpfs foreign")
        defer { _ = try? box.shell("umount foreign m") }
        try box.transcript(
            """
            $ varve mount debian:12 m
            $ cat m/etc/numbers
            one
            two
            three
            $ touch m/x
            ! touch: cannot touch 'm/x': Read-only file system
            [1]
            $ varve umount m
            $ ls m
            $ ls "$VARVE_ROOT/mounts"
            $ varve umount m
            ! varve: unmount: m: no commit is mounted there
            [3]
            $ varve umount plain
            ! varve: unmount: plain: no commit is mounted there
            [3]
            $ varve umount foreign
            ! varve: unmount: foreign: what is mounted there is no commit (tmpfs)
            [3]
            $ varve umount none
            ! varve: open: none: No such file or directory
            [3]
            $ varve mount debian:12 none
            ! varve: mount at: none: No such file or directory
            [3]
            $ varve mount nope m
            ! varve: find revision: nope: no tag, commit or container has this name
            [2]
            """)
    }

    @Test("checkout writes plain files and refuses a directory that is not empty")
    func checkout() throws {
        let box = try Box()
        try box.succeed("mkdir empty full; touch full/x")
        try box.transcript(
            """
            $ varve checkout debian:12 new
            $ varve checkout debian:12 empty
            $ varve checkout debian:12 full
            ! varve: check out: full: the directory is not empty
            [3]
            $ ls full
            x
            $ tar --sort=name --owner=0 --group=0 --numeric-owner -C new -cf - . | cmp - base.tar
            $ stat -c '%a %h' empty/tmp empty/bin/busybox
            1777 2
            755 2
            """)
    }

    @Test("info and version say what is here")
    func information() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve version
            varve 0.1.0
            $ varve --version
            varve 0.1.0
            $ varve info | sed -n -e /^version/p -e /^root/p -e /^tags/p -e /^containers/p
            version:         0.1.0
            root:            BOX/r
            tags:            1
            containers:      0
            containers fit:  yes
            $ VARVE_CHECKOUT=directory varve info | sed -n -e /^checkout/p -e /^because/p
            checkout:        directory
            because:         asked for
            $ VARVE_CHECKOUT=magic varve info
            ! varve: read VARVE_CHECKOUT: magic: it takes 'directory', 'image' or 'auto'
            [2]
            """)
    }
}
