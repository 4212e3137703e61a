import Glibc
import Testbed
import Testing

/// `cp` where something is mounted in the container.
@Suite("Copying and mounts", .enabled(if: isRoot))
struct CopyMountTests {
    private func box() throws -> Box {
        let box = try Box(imported: false)
        try box.succeed(
            """
            set -e
            mkdir base/d; cp /bin/busybox base/bin/tool; varve import -q debian:12 base
            echo host >bound; echo copy >file; mkdir etc dev; echo '10.9.9.9 there' >etc/hosts; echo new >etc/new
            chmod 640 bound; chown 1000:29 bound; mknod dev/null c 1 3
            """)
        return box
    }

    private static let mounts =
        "varve exec w busybox mount | sed -nE 's/.* on ([^ ]+) .*/\\1/p' | LC_ALL=C sort | tr '\\n' ' '"

    @Test("what is mounted on a file of a running container stays, and is written to where it can be")
    func files() throws {
        let box = try box()
        try box.succeed(
            "varve run -d --name w -v $PWD/bound:/bound -v $PWD/bound:/fixed:ro --security-opt mask=/bin/tool debian:12 sleep 1000"
        )
        let before = try box.succeed(Self.mounts)
        #expect(before.contains(" /bin/tool ") && before.contains(" /bound ") && before.contains(" /etc/hosts "))
        try box.transcript(
            """
            $ varve cp file w:/bound; cat bound; stat -c '%a %u:%g' bound; varve exec w cat /bound
            copy
            640 1000:29
            copy
            $ varve cp bound w:/bound; cat bound
            copy
            $ varve cp file w:/fixed
            ! varve: copy: /fixed: a file is mounted there read-only
            [3]
            $ varve cp file w:/bin/tool
            ! varve: copy: /bin/tool: something is mounted there, which a copy does not replace
            [3]
            $ varve cp etc/. w:/etc; varve exec w cat /etc/hosts /etc/new; tar -c etc | varve cp - w:/
            10.9.9.9 there
            new
            $ ln -s x link; tar -c --transform s/link/bound/ link | varve cp - w:/
            ! varve: copy: /bound: something is mounted there, which a copy does not replace
            [3]
            $ tar -c dev | varve cp - w:/; varve cp -a dev/null w:/dev; varve exec w sh -c 'echo x >/dev/null'
            """)
        #expect(try box.succeed(Self.mounts) == before)
        #expect(try box.succeed("varve status w; find r/containers/*/upper.0 -name '.varve*'") == "A /etc/new")
    }

    @Test("an archive that is cut off leaves what is mounted as it was")
    func cutOff() throws {
        let box = try Box()
        try box.succeed(
            """
            head -c 300000 /dev/zero | tr '\\0' a >host; head -c 300000 /dev/zero | tr '\\0' b >data
            varve run -d --name w -v $PWD/host:/data debian:12 sleep 1000
            tar -cf - data | head -c 100000 >cut.tar
            """)
        #expect(try box.shell("varve cp - w:/ <cut.tar").status != 0)
        #expect(try box.succeed("wc -c <host; tr -d a <host | wc -c") == "300000\n0")
        try box.succeed("tar -cf - data | varve cp - w:/; cmp host data; varve rm -f w")
    }

    @Test("of a container that does not run volumes and files of the host are seen where a start would mount them")
    func stopped() throws {
        let box = try box()
        try box.succeed(
            """
            set -e
            mkdir -p base/srv base/real tree/srv tree/deep/er; ln -s /srv base/link; ln -s real base/alias
            echo hidden >base/srv/hidden; echo x >tree/srv/x; varve import -q debian:12 base
            varve create -q --name s -v data:/srv:nocopy -v $PWD/bound:/etc/bound -v other:/alias/sub --tmpfs /mem debian:12 true
            """)
        try box.transcript(
            """
            $ varve cp file s:/link/through; varve cp file s:/srv/plain; varve cp tree/. s:/; cd r/volumes/data/data; ls
            plain
            through
            x
            $ varve cp s:/ - | tar -t | grep -E '^(srv|alias|real|mem|etc/bound)' | LC_ALL=C sort
            alias
            etc/bound
            mem/
            real/
            real/sub/
            srv/
            srv/plain
            srv/through
            srv/x
            $ varve cp file s:/etc/bound; cat bound; stat -c %a:%u bound; varve cp s:/etc/bound out; cat out
            copy
            640:1000
            copy
            $ varve cp file s:/alias/sub/f; varve cp file s:/alias/f; ls r/volumes/other/data
            f
            $ varve cp file s:/mem/f
            ! varve: copy: /mem/f: it is read-only in the container
            [3]
            $ varve status s
            A /deep
            A /deep/er
            A /real/f
            $ varve start -a s; varve status s | wc -l
            3
            """)
    }

    @Test("what a container may not write to no copy writes to, by whatever name, and a missing source is told")
    func readOnly() throws {
        let box = try box()
        try box.succeed(
            """
            set -e
            mkdir base/srv; ln -s /srv base/link; varve import -q debian:12 base
            varve create -q --name s -v data:/srv:ro debian:12 true
            varve create -q --name r --read-only -v data:/srv debian:12 true
            mkdir gone; varve create -q --name g -v $PWD/gone:/gone debian:12 true; rmdir gone
            """)
        try box.transcript(
            """
            $ varve cp file s:/link/f
            ! varve: copy: /link/f: it is read-only in the container
            [3]
            $ varve cp file r:/d/f
            ! varve: copy: /d/f: it is read-only in the container
            [3]
            $ varve cp file r:/link/f; ls r/volumes/data/data
            f
            $ varve cp file g:/d/f
            ! varve: mount volume: BOX/gone: the host has no such file or directory
            ! hint: varve makes none there: mkdir -p BOX/gone
            [125]
            """)
    }
}
