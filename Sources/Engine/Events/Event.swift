import Model

/// Something that happened to a container, a volume, a network or a tag (`varve events`).
public struct Event: Sendable, Hashable {
    /// What it happened to.
    public enum Kind: String, Sendable, CaseIterable {
        case container, volume, network, image
    }

    /// What happened, with Docker's words.
    public enum Action: String, Sendable, CaseIterable {
        case attach, commit, connect, create, destroy, detach, die, disconnect
        case execCreate = "exec_create"
        case execDetach = "exec_detach"
        case execDie = "exec_die"
        case execStart = "exec_start"
        case healthStatus = "health_status"
        case kill, load, mount, oom, pause, prune, remove, rename, restart, start, stop, tag, unmount, unpause, untag
        case update
    }

    public struct Attribute: Sendable, Hashable {
        public var key: String
        public var value: String

        public init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    public var time: Timestamp
    public var kind: Kind
    public var action: Action
    /// In full; of a volume or a tag its name.
    public var id: String
    public var name: String
    /// What more there is to tell, such as `exitCode`. Never a secret.
    public var attributes: [Attribute]
    /// Those of the container, volume or network.
    public var labels: [Label]

    /// - Parameter time: nil for now.
    public init(
        _ kind: Kind, _ action: Action, id: String, name: String, attributes: [Attribute] = [], labels: [Label] = [],
        time: Timestamp? = nil
    ) {
        self.time = time ?? Timestamp.clock()
        self.kind = kind
        self.action = action
        self.id = id
        self.name = name
        self.attributes = attributes
        self.labels = labels
    }
}

extension Event {
    /// How an event stands in the log, on one line, and in what `varve events --json` prints (docs/json.md).
    public var json: JSON {
        [
            "time": .integer(time.seconds), "nanoseconds": .integer(time.nanoseconds), "type": .string(kind.rawValue),
            "action": .string(action.rawValue), "id": .string(id), "name": .string(name),
            "attributes": .object(attributes.map { .init($0.key, .string($0.value)) }),
            "labels": .object(labels.map { .init($0.name, .string($0.value)) }),
        ]
    }

    /// Nil for what is no event, or one of a later version.
    init?(json: JSON) {
        guard let seconds = json["time"]?.integer,
            let nanoseconds = json["nanoseconds"]?.integer.flatMap({ UInt32(exactly: $0) }),
            let kind = json["type"]?.string.flatMap(Kind.init(rawValue:)),
            let action = json["action"]?.string.flatMap(Action.init(rawValue:)), let id = json["id"]?.string,
            let name = json["name"]?.string, let attributes = json["attributes"]?.object,
            let labels = json["labels"]?.object
        else { return nil }
        self.init(
            kind, action, id: id, name: name,
            attributes: attributes.map { Attribute($0.key, $0.value.string ?? "") },
            labels: labels.map { Label($0.key, $0.value.string ?? "") },
            time: Timestamp(seconds: seconds, nanoseconds: nanoseconds))
    }
}

extension Repository {
    /// Notes what happened to a container. See ``record(_:)``.
    public func record(_ action: Event.Action, of container: Container, _ attributes: [Event.Attribute] = []) {
        record(
            Event(
                .container, action, id: container.id, name: container.name,
                attributes: [.init("image", container.revision)] + attributes,
                labels: container.configuration.process.labels))
    }

    /// The same of a network.
    func record(_ action: Event.Action, of network: Network, _ attributes: [Event.Attribute] = []) {
        record(
            Event(
                .network, action, id: network.id, name: network.name, attributes: attributes, labels: network.labels))
    }

    /// Notes what happened in the log of events. What has happened has, so a failure to note it is only told
    /// (``warned``).
    public func record(_ event: Event) {
        do { try EventLog(root: root).append(event) } catch {
            warned("record event: \(event.kind.rawValue) \(event.action.rawValue): \(event.name): \(worded(error))")
        }
    }
}
