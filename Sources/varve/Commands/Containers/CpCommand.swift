import ArgumentParser
import Engine
import Glibc
import Linux
import Model

struct CpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copy files between a container and the host.",
        discussion: """
            CONTAINER:PATH is a path from the container's root, whether it runs or not. '-' is a tar file on standard \
            input or output. A directory is copied into one that is there, and with '/.' at its end only what is in it.

            Examples:
              varve cp work:/etc/hosts hosts.copy
              varve cp hosts.copy work:/tmp
              varve cp work:/etc - | tar -t
            """)

    @OptionGroup var options: GlobalOptions
    @Flag(
        name: [.customShort("a"), .customLong("archive")],
        help: "Keep owners, setuid bits, capabilities, ACLs and devices too.") var isArchive = false
    @Flag(
        name: [.customShort("L"), .customLong("follow-link")], help: "Copy what a symlink points at.")
    var isFollowing = false
    @Argument(help: "CONTAINER:PATH, a path of the host, or -.") var source: String
    @Argument(help: "The same.") var target: String

    /// One side of a copy.
    private enum Place {
        case container(String, [UInt8])
        case host([UInt8])
        case stream
    }

    func run() throws {
        var request = CopyRequest()
        (request.isArchive, request.isFollowing) = (isArchive, isFollowing)
        let leftOut: [CopyLeftOut]
        do { leftOut = try copied(request) } catch  where Interrupts.isRaised {
            throw Interruption.Midway(outcome: "what was copied before stays")
        }
        for item in leftOut { options.warn("copy: \(item.path): \(item.reason)") }
    }

    /// - Returns: what was left out.
    private func copied(_ request: CopyRequest) throws -> [CopyLeftOut] {
        switch (try place(source), try place(target)) {
        case (.container(let name, let path), .host(let target)):
            let (repository, container) = try find(name)
            return try repository.copy(from: container, path, to: target, request)
        case (.host(let source), .container(let name, let path)):
            let (repository, container) = try find(name)
            return try repository.copy(source, into: container, path, request)
        case (.container(let name, let path), .stream):
            if StandardOutput.isTerminal {
                throw UsageError("write archive: standard output is a terminal", hints: ["pipe it on"])
            }
            let (repository, container) = try find(name)
            return try repository.copy(
                from: container, path, toArchive: try Descriptor(owning: STDOUT_FILENO).duplicate(),
                named: "standard output", request)
        case (.stream, .container(let name, let path)):
            let (repository, container) = try find(name)
            return try repository.copy(
                archive: try StandardInput.open("-"), named: StandardInput.displayed("-"), into: container, path)
        case (.container, .container):
            throw UsageError(
                "cp: \(source) \(target): one of them has to be on the host",
                hints: ["varve cp \(source) - | varve cp - \(target)"])
        default:
            throw UsageError("cp: \(source) \(target): neither is in a container", hints: ["write CONTAINER:/path"])
        }
    }

    private func find(_ name: String) throws -> (Repository, Container) {
        let repository = try options.repository()
        let container = try repository.container(name)
        try Interruption.arm()
        return (repository, container)
    }

    /// A colon behind a name makes it a container's, unless a slash or a dot is in front, as docker has it.
    private func place(_ text: String) throws -> Place {
        if text == "-" { return .stream }
        guard !text.isEmpty else { throw UsageError("cp: '': a path is not empty") }
        guard let colon = text.firstIndex(of: ":"), !text.hasPrefix("/"), !text.hasPrefix(".") else {
            return .host(Array(text.utf8))
        }
        let path = Array(text[text.index(after: colon)...].utf8)
        guard colon != text.startIndex, !path.isEmpty else {
            throw UsageError("cp: \(text): it takes CONTAINER:/path", hints: ["a file of the host is ./\(text)"])
        }
        return .container(String(text[..<colon]), path)
    }
}
