import Linux
import Model

/// How containers stand in `container.json` and `state.json` (docs/storage.md).
extension Container {
    var json: JSON {
        [
            "id": .string(id), "name": .string(name), "tag": tag.map { .string($0.description) } ?? .null,
            "revision": .string(revision), "created": .integer(created), "configuration": configuration.json,
        ]
    }

    init?(json: JSON) {
        guard let id = json["id"]?.string, let name = json["name"]?.string, let revision = json["revision"]?.string,
            let created = json["created"]?.integer,
            let configuration = json["configuration"].flatMap(ContainerConfiguration.init(json:))
        else { return nil }
        var tag: TagName?
        if let text = json["tag"]?.string {
            // Without its tag a container's next commit would move none: better damaged than that.
            guard let parsed = try? TagName(parsing: text) else { return nil }
            tag = parsed
        }
        self.init(
            id: id, name: name, tag: tag, revision: revision,
            created: created, configuration: configuration)
    }
}

extension ContainerConfiguration {
    var json: JSON {
        [
            "entrypoint": entrypoint.map { .array($0.map { .string($0) }) } ?? .null,
            "command": .array(command.map { .string($0) }), "environment": .array(environment.map { .string($0) }),
            "workingDirectory": workingDirectory.map { .string($0) } ?? .null,
            "user": user.map { .string($0) } ?? .null,
            "stopSignal": stopSignal.map { .string($0) } ?? .null,
            "hostname": hostname.map { .string($0.text) } ?? .null,
            "readOnly": .bool(isReadOnly), "terminal": .bool(hasTerminal), "interactive": .bool(isInteractive),
            "security": security.json, "resources": resources.json, "process": process.json,
            "connection": connection.json, "storage": storage.json, "lifecycle": lifecycle.json,
        ]
    }

    init?(json: JSON) {
        guard let command = json["command"]?.array?.allStrings,
            let environment = json["environment"]?.array?.allStrings,
            let isReadOnly = json["readOnly"]?.bool, let hasTerminal = json["terminal"]?.bool,
            let isInteractive = json["interactive"]?.bool,
            let security = json["security"].flatMap(SecurityOptions.init(json:)),
            let resources = json["resources"].flatMap(ResourceOptions.init(json:)),
            let process = json["process"].flatMap(ProcessOptions.init(json:)),
            let connection = json["connection"].flatMap(NetworkOptions.init(json:)),
            let storage = json["storage"].flatMap(StorageOptions.init(json:)),
            let lifecycle = json["lifecycle"].flatMap(LifecycleOptions.init(json:))
        else { return nil }
        if let words = json["entrypoint"]?.array {
            guard let words = words.allStrings else { return nil }
            entrypoint = words
        }
        stopSignal = json["stopSignal"]?.string
        self.command = command
        self.environment = environment
        workingDirectory = json["workingDirectory"]?.string
        user = json["user"]?.string
        hostname = json["hostname"]?.string.flatMap { HostName($0) }
        self.isReadOnly = isReadOnly
        self.hasTerminal = hasTerminal
        self.isInteractive = isInteractive
        (self.security, self.resources, self.process) = (security, resources, process)
        (self.connection, self.storage, self.lifecycle) = (connection, storage, lifecycle)
    }
}

extension ContainerState {
    var json: JSON {
        let status: JSON =
            switch status {
            case .created: ["state": "created"]
            case .running(let process):
                [
                    "state": "running", "pid": .integer(process.pid),
                    "startTime": .integer(Int64(clamping: process.startTime)),
                ]
            case .restarting(let code): ["state": "restarting", "exitCode": .integer(code)]
            case .exited(let code): ["state": "exited", "exitCode": .integer(code)]
            }
        return [
            "base": .string(base.hex), "checkout": .string(checkout.hex), "upper": .integer(upper),
            "mountPoints": .array(mountPoints.sorted().map { .string($0.bytes.hex) }),
            "tags": .array(tags.map { .string($0.description) }), "status": status,
            "started": started.map { .integer($0) } ?? .null, "finished": finished.map { .integer($0) } ?? .null,
            "life": life.json, "resources": resources?.json ?? .null,
            "restart": restart.map { .string($0.description) } ?? .null,
        ]
    }

    init?(json: JSON) {
        guard let base = json["base"]?.string.flatMap({ ObjectID(hex: $0) }),
            let checkout = json["checkout"]?.string.flatMap({ ObjectID(hex: $0) }),
            let upper = json["upper"]?.integer, let mountPoints = json["mountPoints"]?.array?.allPaths,
            let tags = json["tags"]?.array?.allStrings,
            let status = json["status"].flatMap(Status.init(json:)),
            let life = json["life"].flatMap(ContainerLife.init(json:))
        else { return nil }
        self.init(base: base, checkout: checkout, upper: Int(upper))
        self.status = status
        self.life = life
        if let json = json["resources"], !json.isNull {
            guard let resources = ResourceOptions(json: json) else { return nil }
            self.resources = resources
        }
        if let text = json["restart"]?.string {
            guard let restart = RestartPolicy(parsing: text) else { return nil }
            self.restart = restart
        }
        started = json["started"]?.integer
        finished = json["finished"]?.integer
        self.mountPoints = Set(mountPoints)
        for text in tags {
            guard let tag = try? TagName(parsing: text) else { return nil }
            self.tags.append(tag)
        }
    }
}

extension ContainerState.Status {
    fileprivate init?(json: JSON) {
        switch json["state"]?.string {
        case "created": self = .created
        case "running":
            guard let process = ProcessIdentity(pid: json["pid"], startTime: json["startTime"]) else { return nil }
            self = .running(process)
        case "restarting":
            guard let code = json["exitCode"]?.integer.flatMap({ Int32(exactly: $0) }) else { return nil }
            self = .restarting(code: code)
        case "exited":
            guard let code = json["exitCode"]?.integer.flatMap({ Int32(exactly: $0) }) else { return nil }
            self = .exited(code: code)
        default: return nil
        }
    }
}

extension [JSON] {
    /// Nil where an element is no path in hexadecimal.
    fileprivate var allPaths: [BytePath]? {
        let paths = compactMap { $0.string.flatMap { [UInt8](hex: $0) }.flatMap { BytePath(parsing: $0) } }
        return paths.count == count ? paths : nil
    }
}
