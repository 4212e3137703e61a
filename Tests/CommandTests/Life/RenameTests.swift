import Glibc
import Linux
import Testbed
import Testing

/// `rename`, and what meets it.
@Suite("Renaming", .enabled(if: isRoot))
struct RenameTests {
    /// Killed at each call that changes something below the repository.
    @Test("killed at any point it leaves one name, which all agree on", arguments: 1...12)
    func killed(turn: Int) throws {
        let box = try Box()
        try box.succeed(
            """
            varve create --name a debian:12 true
            strace -qq -o /dev/null -e trace=renameat2,unlinkat,symlinkat,fsync \
                -e inject=renameat2,unlinkat,symlinkat,fsync:signal=KILL:when=\(turn) varve rename a b
            [ "$(ls r/names | wc -l)" = 1 ]
            """)
        let name = try box.succeed("ls r/names")
        #expect(["a", "b"].contains(name))
        #expect(try box.succeed("varve ps -a --json | grep '\"name\"'") == "    \"name\": \"\(name)\",")
        // Whoever looked has completed it.
        #expect(try box.succeed(#"grep -o '"name":"[ab]"' r/containers/*/container.json"#) == "\"name\":\"\(name)\"")
        try box.succeed("varve create --name \(name == "a" ? "b" : "a") debian:12 true; varve rm a b")
    }

    @Test("one that was cut short is the container's end all the same")
    func removedAtEnd() throws {
        let box = try Box()
        try box.succeed("varve run -d --rm --name a debian:12 sleep 1000; mv r/names/a r/names/b")
        // By its id the supervisor knows it.
        try box.succeed(#"kill -9 $(sed 's/.*"running","pid":\([0-9]*\).*/\1/' r/containers/*/state.json)"#)
        #expect(try box.succeed("while [ -n \"$(ls r/containers)\" ]; do :; done; ls r/names") == "")
    }

    @Test("one that is removed under its old name meanwhile is gone")
    func removed() throws {
        let box = try Box()
        try box.succeed("varve create --name a debian:12 true")
        let id = try box.succeed("readlink r/names/a")
        // The removal has found it under its name, and waits for who holds its lock.
        let lock = try FileLock.acquire("\(box.root)/containers/\(id)/lock")
        let removal = try Spawned(["varve", "rm", "-f", "a"], in: box)
        try removal.waitUntil("it waits for the lock") {
            try FileLock.isHeld("\(box.root)/containers/\(id)/running")
        }
        try box.succeed(
            "mv r/names/a r/names/b; sed -i 's/\"name\":\"a\"/\"name\":\"b\"/' r/containers/*/container.json")
        _ = consume lock
        #expect(try removal.wait() == 0)
        #expect(try box.succeed("ls r/names r/containers") == "r/containers:\n\nr/names:")
    }

    @Test("many at once, and removals beside them, leave each container with one name or none")
    func many() throws {
        let box = try Box()
        try box.succeed(
            """
            for n in 1 2 3 4; do varve create --name c$n debian:12 true >/dev/null; done
            for n in 1 2 3 4; do
                { varve rename c$n d$n; varve rename d$n e$n; } 2>/dev/null &
                varve rename c$n f$n 2>/dev/null &
                [ $n -gt 2 ] || varve rm -f c$n 2>/dev/null &
            done
            wait
            """)
        #expect(try box.succeed("for n in $(ls r/names); do readlink r/names/$n; done | sort | uniq -d") == "")
        #expect(try box.succeed("ls r/containers | wc -l; ls r/names | wc -l").split(separator: "\n").count == 2)
        #expect(try box.succeed("[ $(ls r/containers | wc -l) = $(ls r/names | wc -l) ] && echo same") == "same")
    }
}
