import Linux
import Model

/// Files that outlive the containers that they are mounted in.
public struct Volume: Sendable, Hashable {
    public let name: String
    /// Seconds since 1970.
    public let created: Int64
    /// Sorted by name.
    public let labels: [Label]
    /// Whether nobody chose its name.
    public let isAnonymous: Bool

    var json: JSON {
        [
            "name": .string(name), "created": .integer(created), "labels": labels.json,
            "anonymous": .bool(isAnonymous),
        ]
    }

    init(name: String, created: Int64, labels: [Label], isAnonymous: Bool = false) {
        self.name = name
        self.created = created
        self.labels = labels
        self.isAnonymous = isAnonymous
    }

    init?(json: JSON) {
        guard let name = json["name"]?.string, let created = json["created"]?.integer,
            let labels = json["labels"].flatMap([Label].init(json:))
        else { return nil }
        self.init(
            name: name, created: created, labels: labels, isAnonymous: json["anonymous"]?.bool ?? false)
    }

    /// As Docker has it: a letter or digit, then letters, digits, `_`, `.` and `-`; at most 128.
    public static func isName(_ text: String) -> Bool { Repository.isContainerName(text) }

    /// 64 hexadecimal digits.
    public static func randomName() -> String { Repository.randomHex(32) }
}

/// Where a volume's files are: `<root>/volumes/<name>/…` (docs/volumes.md).
struct VolumeFiles {
    let directory: String

    init(root: String, name: String) { directory = "\(root)/volumes/\(name)" }

    /// What it was made with. A volume is there once this is.
    var description: String { "\(directory)/volume.json" }
    /// What containers see.
    var data: String { "\(directory)/data" }
    /// Held while it is filled.
    var lock: String { "\(directory)/lock" }
    /// What the image has, on its way into ``data``: being written, and whole.
    var incoming: String { "\(directory)/incoming" }
    var arrived: String { "\(directory)/arrived" }
}

extension Repository {
    func files(ofVolume name: String) -> VolumeFiles { VolumeFiles(root: root, name: name) }

    /// Held by who makes or removes volumes, and by who makes a container that uses one, until others see that it does.
    func lockVolumes() throws -> FileLock {
        try Files.makeDirectories("\(root)/volumes", mode: 0o711)
        return try FileLock.acquire("\(root)/volumes/.lock")
    }
}
