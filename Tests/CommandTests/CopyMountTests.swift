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
}
