import Testbed
import Testing

/// Places that can't hold a repository, or not any longer.
@Suite("Bad places for a repository", .enabled(if: isRoot))
struct BadRootTests {
    @Test("a root that can't be written is named, and the one failing step")
    func notWritable() throws {
        let box = try Box()
        try box.succeed("chmod 755 $BOX; mkdir -m 755 locked; chmod -R go-w r")
        try box.transcript(
            """
            $ setpriv --reuid=65534 --regid=65534 --clear-groups varve --root locked/r init
            ! varve: open repository: locked/r: make directory: locked/r: Permission denied
            ! hint: choose another directory with --root or VARVE_ROOT
            [3]
            $ varve --root /proc/varve init
            ! varve: open repository: /proc/varve: make directory: /proc/varve: No such file or directory
            ! hint: choose another directory with --root or VARVE_ROOT
            [3]
            $ touch file; varve --root file/r init
            ! varve: open repository: file/r: make directory: file/r: Not a directory
            ! hint: choose another directory with --root or VARVE_ROOT
            [3]
            """)
        let before = try box.state()
        let result = try box.shell(
            "setpriv --reuid=65534 --regid=65534 --clear-groups varve tag new:1 debian:12")
        #expect(result.status == 3)
        #expect(result.errors.hasPrefix("varve: ") && result.errors.contains("Permission denied"), "\(result.errors)")
        #expect(try box.state() == before)
    }

    @Test("a read-only filesystem can be looked at, and nothing more")
    func readOnly() throws {
        let box = try Box()
        try box.succeed("varve info >/dev/null; mkdir ro; mount --bind r ro; mount -o remount,bind,ro ro")
        defer { _ = try? box.shell("umount ro") }
        #expect(try box.succeed("varve --root ro tag").hasPrefix("debian:12"))
        let before = try box.state()
        for command in ["tag x debian:12", "import x:1 base.tar", "run --rm debian:12 true"] {
            let result = try box.shell("varve --root ro \(command)")
            #expect(result.errors.contains("Read-only file system"), "\(command): \(result.errors)")
            #expect(result.errors.split(separator: "\n").count <= 2, "\(result.errors)")
            #expect(result.status == (command.hasPrefix("run") ? 125 : 3))
        }
        #expect(try box.state() == before)
    }

    @Test("a full disk is told, nothing half-done shows, and there is a way on after making room")
    func fullDisk() throws {
        let box = try Box(imported: false)
        try box.succeed("truncate -s 16M disk; mkfs.ext4 -q -O ^has_journal disk; mkdir r; mount -o loop disk r")
        defer { _ = try? box.shell("umount r") }
        try box.succeed(
            "varve -q import debian:12 base.tar; varve run --name w debian:12 dd if=/dev/urandom of=/f bs=64k count=8 2>/dev/null"
        )
        try box.succeed(
            "dd if=/dev/zero of=r/ballast bs=4k 2>/dev/null; dd if=/dev/urandom of=f bs=1M count=4 2>/dev/null; tar -cf big.tar f"
        )
        let before = try box.state()
        for command in ["commit w -m x", "import big:1 big.tar"] {
            let result = try box.shell("varve \(command)")
            #expect(result.status == 3)
            let lines = result.errors.split(separator: "\n")
            #expect(lines.count == 2 && lines[0].hasSuffix("No space left on device"), "\(result.errors)")
            #expect(
                lines.last == "hint: nothing was changed; make room, or put the repository elsewhere with --root")
            #expect(try box.state() == before, "\(command)")
        }
        try box.succeed("rm r/ballast; varve -q commit w -m x; varve -q import big:1 big.tar")
        #expect(try box.succeed("varve status w; varve log --oneline --all | wc -l") == "3")
        try box.expectSound()
    }

    @Test("a filesystem that can't be written through overlayfs is named")
    func noUpper() throws {
        let box = try Box(imported: false)
        // An overlay may not be the upper layer of another.
        try box.succeed(
            "mkdir t; mount -t tmpfs tmpfs t; mkdir t/l t/u t/w r; mount -t overlay -o lowerdir=t/l,upperdir=t/u,workdir=t/w overlay r"
        )
        defer { _ = try? box.shell("umount r; umount t") }
        try box.transcript(
            """
            $ varve import -q debian:12 base.tar
            ID1
            $ varve run --name w debian:12 true
            ! varve: check out: BOX/r: containers can't be written there, since it is on overlay
            ! hint: put the repository on another filesystem, such as ext4, xfs or btrfs, with --root or VARVE_ROOT
            [125]
            $ varve ls debian:12:/root
            $ varve ps -a | sed 1d
            """)
    }
}
