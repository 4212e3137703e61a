import Engine
import Model
import ObjectStore

/// Commits as git's log shows them.
enum CommitForm {
    static func print(_ logged: LoggedCommit, to output: Output) {
        output.line(output.coloured("commit \(logged.id.hex)", .yellow) + decoration(logged, output))
        let commit = logged.commit
        if commit.parents.count > 1 {
            output.line("Merge:  \(commit.parents.map(\.short).joined(separator: " "))")
        }
        output.line("Author: \(commit.author.name) <\(commit.author.email)>")
        output.line("Date:   \(Age.date(commit.author.seconds, zone: commit.author.zone))")
        output.line()
        for line in message(commit) { output.line(line.isEmpty ? "" : "    \(line)") }
    }

    static func line(_ logged: LoggedCommit, _ output: Output) -> String {
        "\(output.coloured(logged.id.short, .yellow))\(decoration(logged, output)) \(message(logged.commit).first ?? "")"
    }

    private static func decoration(_ logged: LoggedCommit, _ output: Output) -> String {
        logged.tags.isEmpty
            ? "" : " (\(output.coloured(logged.tags.map(\.description).joined(separator: ", "), .green)))"
    }

    /// Anything may stand in a message that came from elsewhere: only what is printable reaches a terminal.
    static func message(_ commit: Commit) -> [String] {
        var lines = commit.message.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { Escaping.displayed(Array($0)) }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    static func json(_ logged: LoggedCommit) -> JSON {
        func who(_ signature: Signature) -> JSON {
            [
                "name": .string(signature.name.displayed), "email": .string(signature.email.displayed),
                "seconds": .integer(signature.seconds), "offsetMinutes": .integer(signature.zone),
            ]
        }
        return [
            "commit": .string(logged.id.hex), "parents": .array(logged.commit.parents.map { .string($0.hex) }),
            "tree": .string(logged.commit.tree.hex), "author": who(logged.commit.author),
            "committer": who(logged.commit.committer),
            "message": .string(message(logged.commit).joined(separator: "\n")),
            "tags": .array(logged.tags.map { .string($0.description) }),
        ]
    }
}
