import Model

/// One thing that is mounted in a container beside its root.
public struct StorageMount: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
        /// A path of the host.
        case path(String)
        /// A volume that has a name and outlives its containers.
        case volume(String)
        /// A volume of the container's own, in `volumes/<number>` beside its other files.
        case own(number: Int)
        /// Such a volume of another container.
        case borrowed(container: String, number: Int)
        /// Memory.
        case tmpfs
    }

    public var source: Source
    public var destination: BytePath
    public var isReadOnly = false
    /// Whether what is mounted below a path of the host comes along.
    public var isRecursive = true
    /// How mounts that come later spread: one of ``propagations``.
    public var propagation = "rprivate"
    /// Whether a named volume that has nothing in it gets what the image has at the destination.
    public var isFilled = true
    /// Of tmpfs, such as `size=64m` and `noexec`.
    public var options: [String] = []

    /// - Throws: where `destination` is no absolute path without `..`, the root, or in `/proc`.
    public init(_ source: Source, at destination: String) throws {
        guard destination.hasPrefix("/"), let path = BytePath(parsing: destination.utf8) else {
            throw EngineError.refused(
                "mount volume", subject: destination,
                reason: "the place in the container is an absolute path without '..'")
        }
        self.init(source, at: path)
        guard !path.isRoot else {
            throw EngineError.refused("mount volume", subject: "/", reason: "the container's root is its own")
        }
        guard path != .proc, !path.isKeptInProc else {
            throw EngineError.refused(
                "mount volume", subject: path.displayed, reason: "nothing is mounted over /proc, or in it")
        }
    }

    private init(_ source: Source, at path: BytePath) {
        self.source = source
        destination = path
    }

    /// As of mount(8) and of docker's options.
    public static let propagations = ["private", "rprivate", "shared", "rshared", "slave", "rslave"]
}

extension StorageMount {
    var json: JSON {
        [
            "source": source.json, "destination": .string(destination.text), "readOnly": .bool(isReadOnly),
            "recursive": .bool(isRecursive), "propagation": .string(propagation), "filled": .bool(isFilled),
            "options": .array(options.map { .string($0) }),
        ]
    }

    init?(json: JSON) {
        guard let source = json["source"].flatMap(Source.init(json:)),
            let destination = json["destination"]?.string.flatMap({ BytePath(parsing: $0.utf8) }),
            let isReadOnly = json["readOnly"]?.bool, let isRecursive = json["recursive"]?.bool,
            let propagation = json["propagation"]?.string, let isFilled = json["filled"]?.bool,
            let options = json["options"]?.array
        else { return nil }
        self.init(source, at: destination)
        (self.isReadOnly, self.isRecursive, self.isFilled) = (isReadOnly, isRecursive, isFilled)
        self.propagation = propagation
        self.options = options.compactMap(\.string)
        if self.options.count != options.count { return nil }
    }
}

extension StorageMount.Source {
    fileprivate var json: JSON {
        switch self {
        case .path(let path): ["type": "bind", "path": .string(path)]
        case .volume(let name): ["type": "volume", "name": .string(name)]
        case .own(let number): ["type": "own", "number": .integer(number)]
        case .borrowed(let container, let number):
            ["type": "borrowed", "container": .string(container), "number": .integer(number)]
        case .tmpfs: ["type": "tmpfs"]
        }
    }

    fileprivate init?(json: JSON) {
        let number = json["number"]?.integer.map { Int($0) }
        switch (json["type"]?.string, number) {
        case ("bind", _):
            guard let path = json["path"]?.string else { return nil }
            self = .path(path)
        case ("volume", _):
            guard let name = json["name"]?.string else { return nil }
            self = .volume(name)
        case ("own", let number?): self = .own(number: number)
        case ("borrowed", let number?):
            guard let container = json["container"]?.string else { return nil }
            self = .borrowed(container: container, number: number)
        case ("tmpfs", _): self = .tmpfs
        default: return nil
        }
    }
}

extension BytePath {
    /// Of a path that was made from text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}
