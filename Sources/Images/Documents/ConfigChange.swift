import Model

/// One change of an image's config, written as an instruction of a Dockerfile: what `docker commit -c` and
/// `docker import -c` take (Dockerfile reference), and STOPSIGNAL besides.
///
/// What differs from docker, for the sake of who mistypes: a command that starts like a list and is none (`["a"] b`) is
/// one for the shell as a whole; CMD and ENTRYPOINT without anything, and host ports in EXPOSE, are refused; an empty list
/// takes away what was set.
public struct ConfigChange: Hashable, Sendable {
    enum Command: Hashable, Sendable {
        case list([String])
        /// To be run by the image's shell.
        case shell(String)
    }

    struct Pair: Hashable, Sendable {
        let name: String
        let value: String
    }

    /// Texts are raw: quotes and variables stand in them until the change is applied.
    enum Instruction: Hashable, Sendable {
        case command(Command)
        case entrypoint(Command)
        case environment([Pair])
        case expose([String])
        case labels([Pair])
        case user(String)
        case volumes([String])
        case workingDirectory(String)
        case stopSignal(String)
        case healthcheck(Healthcheck)
        case onBuild(String)
    }

    /// As it was given.
    public let text: String
    let instruction: Instruction

    /// - Parameter text: one instruction; its name may be in lowercase letters.
    public init(parsing text: String) throws(ImagesError) {
        self.text = text
        do throws(Refusal) { instruction = try Self.parse(text) } catch { throw Self.refused(text, error) }
    }

    /// A config with changes applied one after another. All members that they don't set stay as and where they are.
    /// - Parameter config: the whole document, of which `config` is changed.
    public static func apply(_ changes: [ConfigChange], to config: JSON) throws(ImagesError) -> JSON {
        var edit = ConfigEdit(config)
        for change in changes {
            do throws(Refusal) { try edit.apply(change.instruction) } catch { throw refused(change.text, error) }
        }
        return edit.result
    }

    private static func refused(_ text: String, _ refusal: Refusal) -> ImagesError {
        ImagesError("change config", "'\(Members.shown(text))'", refusal.reason)
    }

    private static let names = [
        "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME",
        "WORKDIR",
    ]

    private static func parse(_ text: String) throws(Refusal) -> Instruction {
        let line = String(text.trimmed)
        guard !line.contains(where: \.isNewline) else { throw Refusal("a change is one instruction on one line") }
        let (word, rest) = line.firstWord
        let name = word.uppercased()
        guard names.contains(name) else {
            throw Refusal("'\(Members.shown(word))' is none of \(names.joined(separator: ", "))")
        }
        guard !rest.isEmpty else { throw Refusal("\(name) takes something behind it") }
        switch name {
        case "CMD": return .command(try command(rest))
        case "ENTRYPOINT": return .entrypoint(try command(rest))
        case "ENV": return .environment(try pairs(rest, name))
        case "LABEL": return .labels(try pairs(rest, name))
        case "EXPOSE": return .expose(rest.words)
        case "USER": return .user(rest)
        case "VOLUME": return .volumes(try list(rest) ?? rest.words)
        case "WORKDIR": return .workingDirectory(rest)
        case "STOPSIGNAL": return .stopSignal(rest)
        case "HEALTHCHECK": return .healthcheck(try Healthcheck(parsing: rest))
        default: return .onBuild(try trigger(rest))
        }
    }

    static func command(_ text: String) throws(Refusal) -> Command {
        if let list = try list(text) { return .list(list) }
        return .shell(text)
    }

    /// A JSON list of strings; nil where the text is no JSON list at all.
    private static func list(_ text: String) throws(Refusal) -> [String]? {
        guard text.hasPrefix("["), let elements = (try? JSON(parsing: text.utf8))?.array else { return nil }
        let strings = elements.compactMap(\.string)
        guard strings.count == elements.count else { throw Refusal("the list has something else than strings in it") }
        return strings
    }

    /// `name=value …`, or the older `name value` for one.
    private static func pairs(_ text: String, _ name: String) throws(Refusal) -> [Pair] {
        let words = DockerWord.split(text)
        guard words.first?.contains("=") ?? false else {
            let (key, value) = text.firstWord
            guard !value.isEmpty else { throw Refusal("\(name) takes name=value, or a name and a value") }
            return [Pair(name: key, value: value)]
        }
        var pairs: [Pair] = []
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw Refusal("'\(Members.shown(word))' is no name=value") }
            guard !parts[0].isEmpty else { throw Refusal("a name is empty") }
            pairs.append(Pair(name: String(parts[0]), value: String(parts[1])))
        }
        return pairs
    }

    private static let triggers: Set<String> = [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "RUN", "SHELL",
        "STOPSIGNAL",
        "USER", "VOLUME", "WORKDIR",
    ]

    private static func trigger(_ text: String) throws(Refusal) -> String {
        let word = text.firstWord.word.uppercased()
        guard triggers.contains(word) else { throw Refusal("'\(Members.shown(word))' can't stand behind ONBUILD") }
        return text
    }
}

extension String {
    /// What stands before the first white space, and what after it.
    var firstWord: (word: String, rest: String) {
        let word = prefix { $0 != " " && $0 != "\t" }
        return (String(word), String(dropFirst(word.count).drop { $0 == " " || $0 == "\t" }))
    }

    /// Split at white space.
    var words: [String] { split { $0 == " " || $0 == "\t" }.map(String.init) }
}
