import ArgumentParser
import Engine
import Glibc
import Model

struct LsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List a directory of a commit or a container.",
        discussion: "Examples:\n  varve ls debian:12:/etc\n  varve ls -l work:/usr/bin")

    @OptionGroup var options: GlobalOptions
    @Flag(name: [.customShort("l"), .customLong("long")], help: "With kind, permissions, owner, size and time.")
    var isLong = false
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false
    @Argument(help: "REV:/path or CONTAINER:/path.") var place: String

    func run() throws {
        let (place, path) = try Paths.parsePlace(place)
        let entries = try options.repository().list(place, path)
        let output = Output(options, paging: !isJSON)
        if isJSON {
            output.json(.array(entries.map { Self.json($0) }))
        } else {
            for entry in entries { output.line(isLong ? Self.long(entry) : entry.name.displayed) }
        }
        output.finish()
    }

    private static func long(_ entry: Repository.ListedEntry) -> String {
        let attributes = entry.attributes
        let size = attributes.device.map { "\($0.major),\($0.minor)" } ?? "\(attributes.size)"
        let date = Age.date(attributes.modified.seconds, zone: 0)
        let target = entry.symlinkTarget.map { " -> \(Escaping.displayed($0))" } ?? ""
        let padding = String(repeating: " ", count: max(0, 10 - size.count))
        return
            "\(mode(attributes)) \(attributes.uid):\(attributes.gid) \(padding)\(size) \(date) \(entry.name)\(target)"
    }

    /// As `ls -l` writes it.
    private static func mode(_ attributes: Attributes) -> String {
        let kinds: [FileKind: Character] = [
            .regular: "-", .directory: "d", .symlink: "l", .characterDevice: "c", .blockDevice: "b", .fifo: "p",
            .socket: "s",
        ]
        var text = [kinds[attributes.kind] ?? "?"]
        let special: [(bit: UInt16, letter: Character)] = [(0o4000, "s"), (0o2000, "s"), (0o1000, "t")]
        for (index, shift) in [6, 3, 0].enumerated() {
            let bits = attributes.permissions >> UInt16(shift)
            text.append(bits & 4 != 0 ? "r" : "-")
            text.append(bits & 2 != 0 ? "w" : "-")
            let isSpecial = attributes.permissions & special[index].bit != 0
            let letter = special[index].letter
            let plain: Character = bits & 1 != 0 ? "x" : "-"
            text.append(isSpecial ? (bits & 1 != 0 ? letter : Character(letter.uppercased())) : plain)
        }
        return String(text)
    }

    private static func json(_ entry: Repository.ListedEntry) -> JSON {
        let attributes = entry.attributes
        var members: [JSON.Member] = [.init("name", .string(entry.name.displayed))]
        if entry.name.string == nil { members.append(.init("nameBytes", .string(entry.name.bytes.base64))) }
        members += [
            .init("kind", .string("\(attributes.kind)")),
            .init("mode", .string(String(attributes.permissions, radix: 8))),
            .init("uid", .integer(attributes.uid)), .init("gid", .integer(attributes.gid)),
            .init("size", .integer(attributes.size)), .init("seconds", .integer(attributes.modified.seconds)),
            .init("nanoseconds", .integer(attributes.modified.nanoseconds)), .init("id", .string(entry.id.hex)),
        ]
        if let target = entry.symlinkTarget { members.append(.init("target", .string(Escaping.displayed(target)))) }
        return .object(members)
    }
}

struct CatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat", abstract: "Print a file of a commit or a container.",
        discussion: "Example:\n  varve cat debian:12~1:/etc/os-release")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "REV:/path or CONTAINER:/path.") var place: String

    func run() throws {
        let (place, path) = try Paths.parsePlace(place)
        try options.repository().readFile(place, path) { part in
            guard put(part, to: STDOUT_FILENO) else { Output.failWriting() }
        }
    }
}
