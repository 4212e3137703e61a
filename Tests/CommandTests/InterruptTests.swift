import Glibc
import Testbed
import Testing

/// Ctrl-C, and two at once.
@Suite("Interruptions", .enabled(if: isRoot))
struct InterruptTests {
    @Test("Ctrl-C in the middle of an import leaves nothing, and says so", arguments: [SIGINT, SIGTERM])
    func importing(signal: Int32) throws {
        let box = try Box()
        try box.succeed(
            "mkdir big; truncate -s 8M big/hole; dd if=/dev/urandom of=big/f bs=1M count=8 2>/dev/null; tar -cf big.tar big"
        )
        let archive = try run(["cat", "\(box.path)/big.tar"]).output
        let before = try box.state()
        let process = try Spawned(["varve", "import", "debian:12", "-"], in: box)
        try process.write(Array(archive[..<(archive.count / 2)]))
        try process.waitUntil("a body is being written") { try !box.succeed("ls r/pool/tmp").isEmpty }
        try process.send(signal)
        #expect(try process.wait() == 130)
        #expect(try process.errors() == "varve: interrupted: nothing was changed\n")
        #expect(try process.output() == "")
        #expect(try box.state() == before)
        try box.expectSound()
    }

    @Test(
        "Ctrl-C in the middle of a commit leaves the container as it was",
        arguments: [
            "truncate -s 200G /f",
            "sh -c 'dd if=/dev/zero bs=1M count=1 >/f; truncate -s 200G /f; dd if=/f of=/f bs=1 count=1 seek=9000000000 conv=notrunc'",
        ])
    func committing(command: String) throws {
        let box = try Box()
        try box.succeed("varve run --name w debian:12 \(command) 2>/dev/null")
        let before = try box.state()
        let process = try Spawned(["varve", "commit", "w", "-m", "big"], in: box)
        try process.waitUntil("a body is being written") { try !box.succeed("ls r/pool/tmp").isEmpty }
        try process.send(SIGINT)
        #expect(try process.wait() == 130)
        #expect(try process.errors() == "varve: interrupted: nothing was changed\n")
        #expect(try box.state() == before)
        try box.expectSound()
        #expect(
            try box.succeed("rm -f r/containers/*/upper.0/f; varve status w; varve log --oneline debian:12 | wc -l")
                == "1")
    }

    @Test("of two commits of one container at once one makes it, and the other finds nothing changed")
    func together() throws {
        let box = try Box()
        try box.succeed("varve run --name w debian:12 sh -c 'dd if=/dev/urandom bs=1M count=20 of=/f 2>/dev/null'")
        let both = try (0..<2).map { try Spawned(["varve", "commit", "w", "-m", "by \($0)"], in: box) }
        let codes = try both.map { try $0.wait() }
        #expect(codes.sorted() == [0, 1])
        let loser = codes[0] == 1 ? both[0] : both[1]
        #expect(
            try loser.errors() == """
                varve: commit: w: nothing has changed since its base
                hint: --allow-empty makes a commit all the same

                """)
        #expect(try box.succeed("varve status w; varve log --oneline debian:12 | wc -l") == "2")
        try box.expectSound()
    }
}
