import Testbed
import Testing

/// Other engines take what is saved, run it, and see the same files.
///
/// Neither keeps times before 1970, and both make the root directory themselves.
@Suite("Saved images in other engines", .enabled(if: hasImageTools))
struct OtherEngineTests {
    private func box() throws -> Box {
        let box = try Box.forImages()
        try box.makeOwnCommits()
        try box.succeed(
            """
            set -e
            varve -q run --name last own sh -c 'echo last >/srv/last'
            varve -q commit last -c 'CMD ["cat", "/srv/last"]' >/dev/null
            varve checkout own ours && touch -d @0 ours ours/srv/old && chmod 755 ours
            """)
        return box
    }

    private static let forms = ["", "--compression zstd", "--squash", "--flatten", "--format docker-archive"]

    @Test("podman", .enabled(if: hasTool("podman") && hasTool("runc")))
    func podman() throws {
        let box = try box()
        for form in Self.forms {
            // Without CAP_SYS_RESOURCE podman's own, higher limits can't be set.
            let seen = try box.succeed(
                """
                set -e
                podman() {
                    command podman --root $PWD/storage --runroot $PWD/run --storage-driver overlay --runtime runc \\
                        --cgroup-manager cgroupfs --events-backend file "$@"
                }
                varve -q save \(form) -o out.tar own
                podman load -q -i out.tar >/dev/null
                podman run --rm --network none --ulimit nofile=1000:1000 --ulimit nproc=9000:9000 own
                podman rmi -f -a >/dev/null 2>&1 || true
                podman load -q -i out.tar >/dev/null
                rm -rf theirs; cp -a "$(podman image mount own)" theirs
                podman image unmount own >/dev/null; podman rmi -f -a >/dev/null
                touch -d @0 theirs; chmod 755 theirs
                """)
            #expect(seen == "last", "\(form)")
            try box.expectSameFiles("ours", "theirs")
        }
        try box.shell("umount storage/overlay")
    }

    @Test("docker", .enabled(if: hasTool("docker") && hasTool("dockerd")))
    func docker() throws {
        let box = try box()
        let daemon = try Spawned(
            [
                "dockerd", "--iptables=false", "--bridge=none", "-s", "overlay2", "--data-root", "\(box.path)/data",
                "--exec-root", "\(box.path)/exec", "-H", "unix://\(box.path)/socket", "-p", "\(box.path)/pid",
            ], in: box)
        try daemon.waitUntil("docker answers") {
            try box.shell("docker -H unix://$BOX/socket version").status == 0
        }
        // Docker knows zstd since version 23.
        for form in Self.forms where !form.contains("zstd") {
            let seen = try box.succeed(
                """
                set -e
                docker() { command docker -H unix://$BOX/socket "$@"; }
                varve -q save \(form) -o out.tar own
                docker load -q -i out.tar >/dev/null
                docker run --rm --network none own
                docker run -d --name mounted --network none own /bin/busybox sleep 60 >/dev/null
                rm -rf theirs
                cp -a "$(docker inspect -f '{{.GraphDriver.Data.MergedDir}}' mounted)" theirs
                docker rm -f mounted >/dev/null; docker rmi -f own hand:1 >/dev/null 2>&1 || true
                # What docker makes for a container.
                for made in .dockerenv etc/hostname etc/hosts etc/mtab etc/resolv.conf; do rm theirs/$made; done
                rm -r theirs/dev/console theirs/dev/pts theirs/dev/shm
                touch -r ours/dev theirs/dev; touch -r ours/etc theirs/etc; touch -d @0 theirs; chmod 755 theirs
                """)
            #expect(seen == "last", "\(form)")
            try box.expectSameFiles("ours", "theirs")
        }
        try daemon.send(15)
        #expect(try daemon.wait() == 0)
    }
}
