import Model

/// Applies changes to an image's config, member by member.
struct ConfigEdit {
    private let document: JSON
    private var config: JSON
    /// A CMD among the changes belongs to their ENTRYPOINT; one from before belonged to the former entrypoint.
    private var hasSetCommand = false

    init(_ document: JSON) {
        self.document = document
        config = document["config"].flatMap { $0.object == nil ? Optional<JSON>.none : $0 } ?? .object([])
    }

    var result: JSON { document.setting("config", to: config) }

    mutating func apply(_ instruction: ConfigChange.Instruction) throws(Refusal) {
        switch instruction {
        case .command(let command):
            set("Cmd", words(command))
            hasSetCommand = true
        case .entrypoint(let command):
            let words = words(command)
            set("Entrypoint", words)
            if !hasSetCommand, !words.isEmpty { config = config.setting("Cmd", to: nil) }
        case .environment(let pairs): try setEnvironment(pairs)
        case .labels(let pairs):
            for pair in pairs { merge("Labels", try expand(pair.name), .string(try expand(pair.value))) }
        case .expose(let texts):
            for text in texts {
                for port in try ExposedPort.parse(expand(text)) { merge("ExposedPorts", port, .object([])) }
            }
        case .volumes(let texts):
            for text in texts {
                let path = try expand(text)
                guard !path.isEmpty else { throw Refusal("a volume's path is empty") }
                guard path.hasPrefix("/"), let place = BytePath(parsing: path.utf8), !place.isRoot else {
                    throw Refusal("a volume's path is absolute, without '..', and not the root")
                }
                guard place != .proc, !place.isKeptInProc else {
                    throw Refusal("no volume is mounted over /proc, or in it")
                }
                merge("Volumes", path, .object([]))
            }
        case .user(let text): config = config.setting("User", to: .string(try expand(text)))
        case .workingDirectory(let text):
            config = config.setting("WorkingDir", to: .string(directory(try expand(text))))
        case .stopSignal(let text):
            let name = try expand(text)
            guard StopSignal.isKnown(name) else { throw Refusal("'\(Members.shown(name))' is no signal") }
            config = config.setting("StopSignal", to: .string(name))
        case .healthcheck(let check): config = config.setting("Healthcheck", to: check.json)
        case .onBuild(let trigger):
            config = config.setting("OnBuild", to: .array((config["OnBuild"]?.array ?? []) + [.string(trigger)]))
        }
    }

    private func strings(_ key: String) -> [String] { config[key]?.array?.compactMap(\.string) ?? [] }

    private func words(_ command: ConfigChange.Command) -> [String] {
        switch command {
        case .list(let list): return list
        case .shell(let text):
            let shell = strings("Shell")
            return (shell.isEmpty ? ["/bin/sh", "-c"] : shell) + [text]
        }
    }

    private mutating func set(_ key: String, _ words: [String]) {
        config =
            words.isEmpty ? config.setting(key, to: nil) : config.setting(key, to: .array(words.map { .string($0) }))
    }

    private mutating func merge(_ key: String, _ name: String, _ value: JSON) {
        let old = config[key].flatMap { $0.object == nil ? Optional<JSON>.none : $0 } ?? .object([])
        config = config.setting(key, to: old.setting(name, to: value))
    }

    /// Variables have the values from before the instruction.
    private mutating func setEnvironment(_ pairs: [ConfigChange.Pair]) throws(Refusal) {
        var environment = strings("Env")
        for pair in pairs {
            let name = try expand(pair.name)
            guard !name.isEmpty, !name.contains("=") else { throw Refusal("a variable has no name") }
            let entry = "\(name)=\(try expand(pair.value))"
            if let place = environment.firstIndex(where: { $0.utf8.starts(with: "\(name)=".utf8) || $0 == name }) {
                environment[place] = entry
            } else {
                environment.append(entry)
            }
        }
        set("Env", environment)
    }

    private func expand(_ text: String) throws(Refusal) -> String {
        let environment = strings("Env")
        return try DockerWord.expand(text) { name in
            environment.first { $0.utf8.starts(with: "\(name)=".utf8) }
                .map { String(decoding: $0.utf8.dropFirst(name.utf8.count + 1), as: UTF8.self) }
        }
    }

    /// A relative directory lies below the one that was set before.
    private func directory(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        var names: [Substring] = []
        for name in "\(config["WorkingDir"]?.string ?? "")/\(path)".split(separator: "/") where name != "." {
            if name == ".." { _ = names.popLast() } else { names.append(name) }
        }
        return "/" + names.joined(separator: "/")
    }
}

/// A port to expose: `80`, `53/udp`, `9000-9010/tcp`.
enum ExposedPort {
    /// One `port/protocol` for each.
    static func parse(_ text: String) throws(Refusal) -> [String] {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let ends = (parts.first ?? "").split(separator: "-", omittingEmptySubsequences: false).map {
            UInt16(decimal: Array($0.utf8)[...])
        }
        let transport = parts.count == 2 ? parts[1].lowercased() : "tcp"
        guard parts.count <= 2, (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
            first <= last, ["tcp", "udp", "sctp"].contains(transport)
        else { throw Refusal("'\(Members.shown(text))' is no port, such as 80, 53/udp or 9000-9010") }
        return (first...last).map { "\($0)/\(transport)" }
    }
}

/// The signals that an image may name (signal(7)).
enum StopSignal {
    private static let names: Set<String> = [
        "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
        "PROF",
        "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2",
        "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
    ]

    /// By number, or by name with `SIG` before it or without.
    static func isKnown(_ text: String) -> Bool {
        if let number = Int(decimal: Array(text.utf8)[...]) { return (1...64).contains(number) }
        var name = text.uppercased()[...]
        if name.hasPrefix("SIG") { name = name.dropFirst(3) }
        for (base, sign) in [("RTMIN", "+"), ("RTMAX", "-")] where name.hasPrefix(base + sign) {
            return Int(decimal: Array(name.utf8.dropFirst(base.count + 1))[...]).map { (0...30).contains($0) } ?? false
        }
        return names.contains(String(name))
    }
}
