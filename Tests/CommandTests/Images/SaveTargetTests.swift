import Testbed
import Testing

/// Where archives go: whole under their name, or not at all.
@Suite("Targets of save and export", .enabled(if: isRoot))
struct SaveTargetTests {
    @Test("what is there stays until the new archive is whole")
    func replaced() throws {
        let box = try Box()
        try box.succeed("echo before >out; varve export -o whole debian:12; ln -s out link")
        // A limit on the size of files stops in the middle.
        for command in ["save -o out debian:12", "export -o out debian:12"] {
            let result = try box.shell("ulimit -f 100; trap '' XFSZ; varve \(command)")
            #expect(result.status == 3 && result.errors.hasPrefix("varve: ") && !result.errors.contains("hint"))
            #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
            #expect(try box.succeed("cat out; ls | tr '\\n' ' '") == "before\nbase base.tar link out r whole ")
        }
        try box.succeed("chmod 640 out; chown 5:6 out; varve export -o out debian:12; cmp out whole")
    }

    @Test("what can't be written to is told in one line")
    func unwritable() throws {
        let box = try Box()
        try box.succeed("mkdir full; touch full/file; echo file >file; mkdir empty")
        let full = "No space left on device\nhint: nothing was changed; make room, or write it elsewhere"
        for (command, code, message) in [
            ("save -o none/out debian:12", 3, "open: none/out.PID.partial: No such file or directory"),
            ("save -o file/out debian:12", 3, "open: file/out.PID.partial: Not a directory"),
            ("save -o full debian:12", 3, "open: full: Is a directory"),
            ("export -o full debian:12", 3, "open: full: Is a directory"),
            ("save --format oci-dir -o full debian:12", 2, "write archive: full: the directory is not empty"),
            ("save --format oci-dir -o file debian:12", 3, "open: file: Not a directory"),
            ("save --format oci-dir debian:12", 2, "write archive: a directory needs a name\nhint: give it with -o"),
            ("save -o /dev/full debian:12", 3, "write archive: /dev/full: write: \(full)"),
            ("save debian:12 >/dev/full", 3, "write archive: standard output: write: \(full)"),
            (
                "export debian:12 >/dev/full", 3,
                "write: standard output: \(full.replacing("write it", with: "put the repository")) with --root"
            ),
            ("save -o out none:1", 2, "find revision: none:1: no tag, commit or container has this name"),
            ("save -o out debian:12 none:1", 2, "find revision: none:1: no tag, commit or container has this name"),
            (
                "save --format oci-dir -o new none:1", 2,
                "find revision: none:1: no tag, commit or container has this name"
            ),
        ] as [(String, Int32, String)] {
            let result = try box.shell("varve \(command)")
            let told = result.errors.replacing(/\.\d+\.partial/, with: ".PID.partial")
            #expect(told == "varve: \(message)\n" && result.status == code, "\(command)")
            let there = try box.succeed("ls -d * | tr '\\n' ' '; ls full empty | tr '\\n' ' '; cat file")
            #expect(there == "base base.tar empty file full r empty:  full: file file", "\(command)")
        }
        try box.succeed("varve -q save --format oci-dir -o empty debian:12; [ -e empty/index.json ]")
    }

    @Test("devices and pipes are written to as they are, and links followed")
    func special() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve export -o whole debian:12; varve export -o /dev/null debian:12; ls -l /dev/null | cut -c1
            c
            $ mkfifo pipe; cat pipe >copy & varve export -o pipe debian:12; wait; cmp copy whole
            $ echo old >target; ln -s target link; varve export -o link debian:12; cmp target whole; readlink link
            target
            $ varve export -o - debian:12 | cmp - whole
            """)
    }

    @Test("who stops reading ends it without a word", arguments: ["save", "save --format docker-archive", "export"])
    func closedPipe(command: String) throws {
        let box = try Box()
        let result = try box.shell("{ varve \(command) debian:12; echo $? >&2; } | head -c 600 >/dev/null")
        #expect(result.errors == "141\n", "\(result.errors)")
    }
}
