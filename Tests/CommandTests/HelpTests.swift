import Testbed
import Testing

/// Help that can be trusted: what it shows works.
@Suite("Help", .enabled(if: isRoot))
struct HelpTests {
    private static let commands = [
        "init", "import", "run", "create", "start", "stop", "restart", "kill", "pause", "unpause", "update", "stats",
        "top", "wait", "logs", "attach", "rename", "ps",
        "rm", "mount", "umount", "checkout", "status", "diff", "commit", "log",
        "show", "merge-base", "ls", "cat", "tag", "reflog", "rollback", "undo", "op", "op log", "op show", "op restore",
        "exec", "cp", "volume", "volume create", "volume ls", "volume inspect", "volume rm", "volume prune", "events",
        "network", "network create", "network ls", "network inspect", "network connect", "network disconnect",
        "network reload", "network rm", "network prune", "port",
        "load", "save", "export", "history", "images", "inspect", "gc", "fsck", "df", "info", "version",
    ]

    /// The lines that begin with `varve` below `Example:` or `Examples:`.
    private static func examples(_ help: String) -> [String] {
        help.split(separator: "\n").map { String($0.drop { $0 == " " }) }.filter { $0.hasPrefix("varve ") }
    }

    @Test("every command has help with an example, on standard output")
    func everyCommand() throws {
        let box = try Box(imported: false)
        let listed = try box.succeed("varve --help")
        #expect(try box.succeed("varve help") == listed)
        #expect(try box.succeed("varve") == listed)
        for command in Self.commands {
            let help = try box.succeed("varve \(command) --help")
            #expect(!Self.examples(help).isEmpty && help.contains("Example"), "\(command)")
            #expect(help.contains("USAGE: varve \(command)"), "\(command)")
            #expect(try box.succeed("varve help \(command)") == help, "\(command)")
            #expect(command.contains(" ") || listed.contains("  \(command) "), "\(command) is not listed")
        }
    }

    @Test("every example works", arguments: commands)
    func examples(command: String) throws {
        let box = try Box()
        // What the examples speak of: a tag with six commits and another, a container with changes, base.tar, web.tar.
        try box.succeed(
            """
            set -e
            mkdir base/mnt; ln -s busybox base/bin/bash
            mkdir -p base/etc/nginx base/usr/bin
            printf '127.0.0.1 localhost\\n' >base/etc/hosts
            tar -C base -cf base.tar .
            for n in 1 2 3 4 5 6; do echo $n >base/n; varve import -q debian:12 base >/dev/null; done
            varve tag web:1 debian:12; varve tag web:old debian:12; varve -q rollback web:1 debian:12~1 >/dev/null
            varve tag web:2 debian:12; varve tag -d web:2 2>/dev/null
            varve -q save -o web.tar web:1
            """)
        if command.hasPrefix("network ") {
            if command != "network create" { try box.succeed("varve network create web") }
            box.environment["VARVE_NETWORK"] = command == "network disconnect" ? "web" : "bridge"
        }
        var help = try box.succeed("varve \(command) --help")
        if command == "init" { help += "\n" + (try box.succeed("varve --help")) }
        let operation = try box.succeed("varve op log -n 1 | cut -c1-10")
        for line in Self.examples(help) where !line.hasPrefix("varve \(command) <") {
            try box.shell("varve -q rm -f work")
            if !line.contains("--name work") {
                try box.succeed("varve -q run --name work debian:12 sh -c 'echo changed >/usr/bin/x'")
            }
            if command.hasPrefix("volume ") { try box.succeed("varve volume rm -f data; varve volume create data") }
            if ["attach", "kill", "stop", "exec"].contains(command) {
                try box.succeed("varve -q rm work; varve run -d --name work debian:12 sleep 1")
            }
            if ["pause", "unpause", "update", "stats", "top"].contains(command) {
                try box.succeed("varve -q rm work; varve run -d --name work debian:12 sleep 1000")
                if command == "unpause" { try box.succeed("varve pause work") }
            }
            if command == "umount" { try box.succeed("mkdir -p mnt; varve mount debian:12 mnt") }
            let adapted = line.replacing("3f2a9c1", with: operation).replacing("/srv/", with: "\(box.path)/")
                .replacing(" /mnt", with: " \(box.path)/mnt").replacing("run -it", with: "run").replacing(
                    "exec -it", with: "exec"
                ).replacing(
                    " bash", with: " true")
            let result = try box.shell("mkdir -p mnt; \(adapted)")
            #expect(result.status == 0, "\(line): \(result.errors)")
            if command == "mount" { try box.succeed("varve umount mnt") }
            try box.shell("varve -q rm -f work")
        }
    }
}
