import Engine
import Linux

/// `--mount`: `key=value` or `key`, with commas between.
struct MountWord {
    private let text: String
    private var values: [(key: String, value: String?)] = []

    static func parse(_ text: String) throws -> StorageMount { try MountWord(text).mount() }

    private static let keys: [String: Set<String>] = [
        "bind": ["bind-propagation", "bind-nonrecursive"], "volume": ["volume-nocopy"],
        "tmpfs": ["tmpfs-size", "tmpfs-mode"],
    ]
    private static let commonKeys = ["type", "source", "target", "readonly"]
    private static let otherNames = ["src": "source", "dst": "target", "destination": "target", "ro": "readonly"]

    private init(_ text: String) throws {
        self.text = text
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let key = Self.otherNames[pair[0]] ?? pair[0]
            guard !values.contains(where: { $0.key == key }) else { throw failure("'\(key)' stands there twice") }
            values.append((key, pair.count == 2 ? pair[1] : nil))
        }
    }

    private func failure(_ reason: String, hints: [String] = []) -> UsageError {
        UsageError("read --mount: \(text): \(reason)", hints: hints)
    }

    private func mount() throws -> StorageMount {
        let type = try value("type") ?? "volume"
        guard let own = Self.keys[type] else { throw failure("type '\(type)': it is 'bind', 'volume' or 'tmpfs'") }
        for (key, _) in values where !Self.commonKeys.contains(key) && !own.contains(key) {
            throw failure(
                "type \(type) has no '\(key)'",
                hints: ["it takes \((Self.commonKeys + own.sorted()).joined(separator: ", "))"])
        }
        guard let target = try value("target") else { throw failure("it has no target=/PATH") }
        guard target.hasPrefix("/") else { throw failure("target '\(target)' is no absolute path") }
        var mount = try StorageMount(try source(type), at: target)
        mount.isReadOnly = try flag("readonly")
        mount.isRecursive = try !flag("bind-nonrecursive")
        mount.isFilled = try !flag("volume-nocopy")
        if let propagation = try value("bind-propagation") {
            guard StorageMount.propagations.contains(propagation) else {
                throw failure(
                    "bind-propagation '\(propagation)'",
                    hints: ["it takes \(StorageMount.propagations.joined(separator: ", "))"])
            }
            mount.propagation = propagation
        }
        mount.options = try ["size", "mode"].compactMap { name in
            try value("tmpfs-\(name)").map { try TmpfsWord.option(name, $0, "read --mount: \(text)") }
        }
        return mount
    }

    private func source(_ type: String) throws -> StorageMount.Source {
        let source = try value("source")
        switch (type, source) {
        case ("tmpfs", nil): return .tmpfs
        case ("tmpfs", _): throw failure("type tmpfs has no source")
        case ("bind", let path?) where path.hasPrefix("/"): return .path(path)
        case ("bind", let path?) where path.hasPrefix("."): return .path(try WorkingDirectory.absolute(path))
        case ("bind", let path?): throw failure("source '\(path)' is no path: it begins with '/' or '.'")
        case ("bind", nil): throw failure("type bind needs source=/PATH")
        case (_, nil): return .own(number: 0)
        case (_, let name?):
            guard Volume.isName(name) else {
                throw failure(
                    "source '\(name)' is no volume's name", hints: ["for a path of the host, say type=bind"])
            }
            return .volume(name)
        }
    }

    private func value(_ key: String) throws -> String? {
        guard let found = values.first(where: { $0.key == key }) else { return nil }
        guard let value = found.value, !value.isEmpty else { throw failure("'\(key)' has no value") }
        return value
    }

    private func flag(_ key: String) throws -> Bool {
        guard let found = values.first(where: { $0.key == key }) else { return false }
        switch found.value {
        case nil, "true", "1": return true
        case "false", "0": return false
        case let other?: throw failure("'\(key)' is 'true' or 'false', not '\(other)'")
        }
    }
}

/// `--tmpfs`, and the options of memory that is mounted.
enum TmpfsWord {
    /// What a mount takes without a value (mount(8)).
    private static let flags: Set<String> = [
        "ro", "rw", "suid", "nosuid", "dev", "nodev", "exec", "noexec", "atime", "noatime", "diratime", "nodiratime",
        "relatime", "strictatime",
    ]
    /// What tmpfs takes with one (Documentation/filesystems/tmpfs.rst).
    private static let keys: Set<String> = ["size", "mode", "nr_inodes", "nr_blocks", "uid", "gid", "huge", "mpol"]

    static func parse(_ text: String) throws -> StorageMount {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts[0].hasPrefix("/") else {
            throw UsageError("read --tmpfs: \(text): it takes /DESTINATION[:OPTIONS]")
        }
        var mount = try StorageMount(.tmpfs, at: parts[0])
        for word in parts.count == 2 ? parts[1].split(separator: ",", omittingEmptySubsequences: false) : [] {
            let pair = word.split(separator: "=", maxSplits: 1).map(String.init)
            if pair.count == 2, keys.contains(pair[0]) {
                mount.options.append(try option(pair[0], pair[1], "read --tmpfs: \(text)"))
            } else if flags.contains(String(word)) {
                mount.options.append(String(word))
            } else {
                throw UsageError(
                    "read --tmpfs: \(text): there is no option '\(word)'",
                    hints: ["it takes \((keys.sorted().map { "\($0)=" } + flags.sorted()).joined(separator: ", "))"])
            }
        }
        return mount
    }

    /// - Parameter place: what failed and where, for messages.
    static func option(_ key: String, _ value: String, _ place: String) throws -> String {
        switch key {
        case "size":
            // Of all memory, the kernel's own way to say it.
            if value.hasSuffix("%"), let share = UInt8(value.dropLast()), share <= 100 { return "size=\(value)" }
            guard let size = ByteCount.parse(value) else {
                throw UsageError(
                    "\(place): size '\(value)': it takes a size such as 64m, or a share of memory such as 10%")
            }
            return "size=\(size)"
        case "mode":
            guard let mode = UInt16(value, radix: 8), mode <= 0o7777 else {
                throw UsageError("\(place): mode '\(value)': it takes an octal number such as 1777")
            }
            return "mode=\(value)"
        default: return "\(key)=\(value)"
        }
    }
}
