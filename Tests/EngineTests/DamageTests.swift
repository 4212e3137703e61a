@testable import Engine
import Glibc
import Linux
import Model
import ObjectStore
import Testbed
import Testing

@Suite("Damaged containers", .enabled(if: isRoot))
struct DamageTests {
    @Test(
        "one that can't be read is told as damaged, stops nobody else, and can be removed",
        arguments: ["container.json", "state.json"], ["", "{", "{}", "missing"])
    func damaged(_ file: String, _ content: String) throws {
        let rig = try Rig()
        let (sound, broken) = (try rig.container("sound"), try rig.container("broken"))
        try Rig.write("\(try rig.upper(sound))/new", "new")
        let path = "\(rig.repository.files(of: broken.id).directory)/\(file)"
        if content == "missing" { try Files.remove(KernelPath(path)) } else { try Rig.write(path, content) }

        #expect(try rig.repository.containerStates().map(\.container.name) == ["sound"])
        #expect(try rig.repository.damagedContainers().map(\.name) == ["broken"])
        for line in [["info"], ["log", "base:1"], ["log", "sound"], ["diff", "sound"], ["status", "sound"]] {
            let result = try run([Rig.varve] + line, environment: rig.environment)
            #expect(result.status == 0, "\(line): \(result.errors)")
        }
        let table = try rig.varve("ps").text.split(separator: "\n")
        #expect(table.count == 2 && table[1].contains("broken") && table[1].contains("damaged"), "\(table)")
        #expect(try rig.varve("status", "broken").status != 0)
        // An operation on both is completed for the other.
        _ = try rig.commit(sound)

        #expect(try rig.varve("rm", "broken").status == 0)
        #expect(try rig.repository.damagedContainers().isEmpty)
        #expect(try !Files.exists(KernelPath(rig.repository.files(of: broken.id).directory)))
        _ = try rig.container("broken")
    }

    @Test("a removal that was cut short can be made again")
    func removal() throws {
        let rig = try Rig()
        let container = try rig.container("c")
        let directory = rig.repository.files(of: container.id).directory
        // A directory that can't be removed, as long as something is mounted in it.
        let inner = "\(try rig.upper(container))/mounted"
        try Files.makeDirectories(inner)
        try #require(try run(["mount", "-t", "tmpfs", "t", inner]).status == 0)
        defer { _ = try? run(["umount", "-l", inner]) }
        #expect(try rig.varve("rm", "c").status == 3)
        #expect(try rig.varve("ps").text.contains("damaged"))
        try #require(try run(["umount", inner]).status == 0)
        #expect(try rig.varve("rm", "c").status == 0)
        #expect(try !Files.exists(KernelPath(directory)))
        // Nothing but a name.
        let other = try rig.container("d")
        try Files.removeAll(KernelPath(rig.repository.files(of: other.id).directory))
        #expect(try rig.varve("rm", "d").status == 0)
        #expect(try rig.repository.containerNames().isEmpty)
    }

    @Test("a container with very deep directories can be removed")
    func deep() throws {
        let rig = try Rig()
        let container = try rig.container("c")
        let upper = try rig.upper(container)
        for name in ["x", "y"] {
            try Files.makeDirectory(KernelPath("\(upper)/\(name)"))
            var directory = try Files.openDirectory(KernelPath("\(upper)/\(name)"))
            // Also a name that is taken.
            for inner in (0..<1500).map({ $0 % 2 == 0 ? ".removed.\($0)" : "d" }) {
                try Files.makeDirectory(KernelPath(inner), in: directory.reference)
                _ = try Files.open(
                    "file", in: directory.reference, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
                directory = try Files.openDirectory(KernelPath(inner), in: directory.reference)
            }
        }
        let line = "ulimit -n 64; exec \"$0\" rm c"
        let result = try run(["sh", "-c", line, Rig.varve], environment: rig.environment)
        #expect(result.status == 0, "\(result.errors)")
        #expect(try Files.names(in: try Files.openDirectory(KernelPath("\(rig.root)/containers"))).isEmpty)
    }
}
