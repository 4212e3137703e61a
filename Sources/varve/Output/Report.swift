import ArgumentParser
import Engine
import Glibc
import Images
import Linux
import Model
import ObjectStore
import Runtime

/// How failures are told: one line `varve: what failed: subject: why`, then hints, and the exit code.
enum Report {
    struct Failure {
        var message: String
        var hints: [String] = []
        /// 1 the answer is no, 2 bad usage or unknown object, 3 failed, 125 and more from a container.
        var code: Int32
    }

    /// - Parameter code: in place of the error's own exit code.
    static func exit(for error: any Error, as code: Int32? = nil) -> Never {
        if let error = error as? Exit { Glibc.exit(error.code) }
        if let failure = failure(error) {
            tell(failure)
            Glibc.exit([126, 127, interrupted.code].contains(failure.code) ? failure.code : code ?? failure.code)
        }
        // Help and the parser's own complaints.
        let text = Varve.fullMessage(for: error)
        if Varve.exitCode(for: error) == .success {
            put(Array((text + "\n").utf8), to: STDOUT_FILENO)
            Glibc.exit(0)
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let first = lines.first.map { $0.hasPrefix("Error: ") ? $0.dropFirst(7) : $0 } ?? ""
        StandardError.write("varve: usage: \(first.prefix(1).lowercased())\(first.dropFirst())\n")
        for line in lines.dropFirst() where line.hasPrefix("Usage: ") {
            StandardError.write("hint: usage: \(line.dropFirst(7))\n")
        }
        Glibc.exit(code ?? 2)
    }

    /// What failed, and why, for a line that says more.
    static func worded(_ error: any Error) -> String { failure(error)?.message ?? "\(error)" }

    /// Says why something failed while the command goes on.
    /// - Returns: the exit code that goes with it.
    static func tell(_ error: any Error) -> Int32 {
        let failure = failure(error) ?? Failure(message: "\(error)", code: 3)
        tell(failure)
        return failure.code
    }

    private static func tell(_ failure: Failure) {
        StandardError.write("varve: \(oneLine(failure.message))\n")
        for hint in failure.hints { StandardError.write("hint: \(oneLine(hint))\n") }
    }

    /// Line ends and words without an end, such as a name of 5,000 bytes, would hide the rest.
    private static func oneLine(_ text: String) -> String {
        text.split(omittingEmptySubsequences: false) { $0 == " " || $0.isNewline }
            .map { $0.count <= 300 ? String($0) : "\($0.prefix(100))…\($0.suffix(40))" }
            .joined(separator: " ")
    }

    /// Nil for errors of the argument parser.
    private static func failure(_ error: any Error) -> Failure? {
        switch error {
        case let error as Interruption.Midway: Failure(message: "interrupted: \(error.outcome)", code: interrupted.code)
        case _ where Interrupts.isRaised: interrupted
        case let error as UsageError: Failure(message: error.message, hints: error.hints, code: 2)
        case let error as EngineError: failure(error)
        case let error as RuntimeError: failure(error)
        case let error as TagName.Invalid:
            Failure(message: "read tag name: \(Escaping.displayed(Array(error.text.utf8))): \(error.reason)", code: 2)
        case let error as Platform.Invalid:
            Failure(message: "read platform: \(Escaping.displayed(Array(error.text.utf8))): \(error.reason)", code: 2)
        case let error as Revision.Invalid:
            Failure(message: "read revision: \(Escaping.displayed(Array(error.text.utf8))): \(error.reason)", code: 2)
        // An instruction that was given with -c.
        case let error as ImagesError where error.operation == "change config":
            Failure(message: error.description, code: 2)
        default: failure(of: error)
        }
    }

    static let interrupted = Failure(message: "interrupted: nothing was changed", code: 130)

    private static func failure(of error: any Error) -> Failure? {
        // The parser's errors are of types of its own.
        if String(reflecting: type(of: error)).hasPrefix("ArgumentParser.") { return nil }
        var failure = Failure(message: "\(error)", code: 3)
        // What is recorded happens, whatever failed afterwards.
        if case .unfinished = (error as? StoreError)?.cause { return failure }
        if failure.message.contains("No space left on device") {
            let isArchive = (error as? ImagesError)?.operation == "write archive"
            let elsewhere = isArchive ? "write it elsewhere" : "put the repository elsewhere with --root"
            failure.hints.append("nothing was changed; make room, or \(elsewhere)")
        }
        return failure
    }

    private static func failure(_ error: EngineError) -> Failure {
        switch error {
        case .unknownRevision(let text, let near):
            Failure(
                message: "find revision: \(text): no tag, commit or container has this name", hints: meant(near),
                code: 2)
        case .ambiguousRevision(let text, let candidates):
            Failure(
                message: "find revision: \(text): \(candidates.count) ids begin with it",
                hints: ["it could be \(candidates.prefix(5).map(\.hex).joined(separator: ", "))"], code: 2)
        case .unknownContainer(let text, let near):
            Failure(message: "find container: \(text): no container has this name or id", hints: meant(near), code: 2)
        case .damagedContainer(let id, let reason):
            Failure(
                message: "read container: \(id.prefix(12)): \(reason)",
                hints: ["'varve rm \(id.prefix(12))' takes it away"], code: 3)
        case .unknownTag(let tag, let near):
            Failure(message: "find tag: \(tag): there is none", hints: meant(near), code: 2)
        case .unknownOperation(let text):
            Failure(message: "find operation: \(text): no operation's id begins with it", code: 2)
        case .unknownPath(let place, let path):
            Failure(message: "find path: \(place):\(path): there is nothing at this path", code: 2)
        case .wrongKind(let place, let path, let expected):
            Failure(message: "read: \(place):\(path): it is not \(expected)", code: 2)
        case .badName(let name, let reason):
            Failure(message: "name container: \(Escaping.displayed(Array(name.utf8))): \(reason)", code: 2)
        case .nameTaken(let name):
            Failure(
                message: "name container: \(name): another container has this name",
                hints: ["take it away with 'varve rm \(name)', or choose another with --name"], code: 125)
        case .tagExists(let tag):
            Failure(
                message: "make tag: \(tag): it exists already",
                hints: ["'varve rollback \(tag) REV' moves it, 'varve tag -d \(tag)' takes it away"], code: 2)
        case .tagMoved(let tag, let expected, let actual):
            Failure(
                message:
                    "move tag: \(tag): it is at \(actual?.short ?? "nothing"), not at \(expected?.short ?? "nothing") where this started",
                hints: ["name another tag with -t; 'varve log \(tag)' tells what came in between"], code: 3)
        case .nothingToCommit(let container):
            Failure(
                message: "commit: \(container): nothing has changed since its base",
                hints: ["--allow-empty makes a commit all the same"], code: 1)
        case .containerRunning(let name):
            Failure(message: "use container: \(name): it is running", hints: ["varve stop \(name)"], code: 3)
        case .containerCopied(let name):
            Failure(
                message: "use container: \(name): files are being copied to or from it",
                hints: ["wait until 'varve cp' is done, or interrupt it"], code: 3)
        case .containerNotRunning(let name): Failure(message: "use container: \(name): it is not running", code: 3)
        case .containerPaused(let name):
            Failure(
                message: "use container: \(name): it is paused", hints: ["'varve unpause \(name)' lets it go on"],
                code: 3)
        case .noCommand(let revision):
            Failure(
                message: "run: \(revision): no command was given, and the image names none",
                hints: ["put one behind: varve run \(revision) sh"], code: 125)
        case .noSupervisor(let path, let reason):
            Failure(
                message: "start supervisor: \(path): \(reason)",
                hints: ["it belongs beside varve; a build of all makes both: swift build"], code: 125)
        case .noVolumeSource(let path):
            Failure(
                message: "mount volume: \(path): the host has no such file or directory",
                hints: ["varve makes none there: mkdir -p \(path)"], code: 125)
        case .unknownVolume(let name, let near):
            Failure(message: "find volume: \(name): there is none", hints: meant(near), code: 2)
        case .volumeInUse(let name, let containers):
            Failure(
                message: "remove volume: \(name): it is used by \(containers.joined(separator: ", "))",
                hints: ["'varve rm' takes containers away"], code: 3)
        case .unknownNetwork(let text, let near):
            Failure(
                message: "find network: \(text): no network has this name or id",
                hints: near.isEmpty ? ["make it with 'varve network create \(text)'"] : meant(near), code: 2)
        case .networkNameTaken(let name):
            Failure(message: "create network: \(name): another network has this name", code: 2)
        case .networkInUse(let name, let containers):
            Failure(
                message:
                    "remove network: \(name): containers are connected to it: \(containers.joined(separator: ", "))",
                hints: containers.map { "varve network disconnect \(name) \($0)" }, code: 3)
        case .networkCollides(let name, let subnet, let other):
            Failure(
                message: "connect network: \(name): its subnet \(subnet) overlaps with \(other)",
                hints: ["make it anew: 'varve network rm \(name)', then 'varve network create \(name)'"], code: 3)
        case .missingPlugin(let name, let directories):
            Failure(
                message: "find network plugin: \(name): it is not in \(directories.joined(separator: ", "))",
                hints: ["apt-get install containernetworking-plugins"], code: 3)
        case .missingProgram(let name, let package):
            Failure(message: "find program: \(name): it is not there", hints: ["apt-get install \(package)"], code: 3)
        case .portTaken(let port, let owner):
            Failure(
                message: "publish port: \(port): \(owner.map { "\($0) has it" } ?? "it is taken")",
                hints: ["choose another: -p HOSTPORT:PORT, or any that is free: -p PORT"], code: 3)
        case .notPublished(let container, let port):
            Failure(message: "find port: \(container): it publishes no \(port) now", code: 1)
        case .nothingToUndo: Failure(message: "undo: nothing is left to take back", code: 1)
        case .nothingBefore(let tag):
            Failure(message: "roll back: \(tag): its commit is the first, there is none before it", code: 2)
        case .badImport(let name, let reason): Failure(message: "import: \(name): \(reason)", code: 3)
        case .unnamedImage(let name, let digest):
            Failure(
                message: "load: \(name): its image \(digest.short) has no name",
                hints: ["give it one with -t NAME:TAG"], code: 2)
        case .unusableRoot(let root, let reason):
            Failure(
                message: "open repository: \(root): \(reason)",
                hints: ["choose another directory with --root or VARVE_ROOT"], code: 3)
        case .noUpper(let root, let filesystem):
            Failure(
                message: "check out: \(root): containers can't be written there, since it is on \(filesystem)",
                hints: [
                    "put the repository on another filesystem, such as ext4, xfs or btrfs, with --root or VARVE_ROOT"
                ], code: 3)
        case .notCommit(let id): Failure(message: "read commit: \(id.short): varve did not make it", code: 2)
        case .refused(let operation, let subject, let reason):
            Failure(message: "\(operation): \(subject): \(reason)", code: 3)
        }
    }

    private static func failure(_ error: RuntimeError) -> Failure {
        let code: Int32 =
            switch error.kind {
            case .notFound: 127
            case .notExecutable: 126
            case .refused, .failed: 125
            }
        return Failure(message: "\(error)", hints: error.hint.map { [$0] } ?? [], code: code)
    }

    private static func meant(_ near: [String]) -> [String] {
        near.isEmpty ? [] : ["did you mean \(near.joined(separator: " or "))?"]
    }
}
