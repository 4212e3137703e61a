import ArgumentParser
import Glibc
import Linux
import Model
import OCIRuntime
import Runtime

struct OCISpec: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spec", abstract: "Write a config.json to begin with.",
        discussion: "Example:\n  varve oci spec --bundle bundle")

    @OptionGroup var common: OCICommonOptions
    @Option(name: .shortAndLong, help: "Where to write it (default: the current directory).") var bundle: String = "."
    @Flag(name: .customLong("rootless"), help: "For a user who is not root.") var isRootless = false

    func run() throws {
        let specification = Specification.template(for: isRootless ? (geteuid(), getegid()) : nil)
        let text = Array((try specification.json().pretty() + "\n").utf8)
        do throws(SystemError) {
            let directory = try Files.open(KernelPath(bundle), flags: O_RDONLY | O_DIRECTORY)
            let file = try Files.open(
                "config.json", in: directory.reference, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
            try file.write(text)
        } catch {
            let hint = error.errno == .exists ? "take it away first" : nil
            throw OCIError(.failed, "write", "\(bundle)/config.json", error.cause, hint: hint)
        }
    }
}
