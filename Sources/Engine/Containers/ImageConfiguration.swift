import Images
import Model
import ObjectStore

/// What of a commit's OCI image config a run goes by (image-spec, "Image Configuration", `config`).
struct ImageConfiguration {
    var environment: [String] = []
    var entrypoint: [String] = []
    var command: [String] = []
    var workingDirectory: String?
    var user: String?
    /// As the image writes it: `SIGQUIT` or a number.
    var stopSignal: String?
    /// Where the image keeps what is no part of it, sorted.
    var volumes: [String] = []
    var labels: [Label] = []
    /// Nil where the image has no check.
    var health: HealthOptions?
    var exposedPorts: [ContainerPort] = []
    /// What the image runs on; nil where it does not say.
    var platform: Platform?

    init() {}

    init(json: JSON) {
        if let os = json["os"]?.string, let architecture = json["architecture"]?.string, !os.isEmpty,
            !architecture.isEmpty
        {
            platform = Platform(os: os, architecture: architecture, variant: json["variant"]?.string)
        }
        guard let config = json["config"] else { return }
        environment = Self.strings(config["Env"])
        entrypoint = Self.strings(config["Entrypoint"])
        command = Self.strings(config["Cmd"])
        workingDirectory = config["WorkingDir"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        user = config["User"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        stopSignal = config["StopSignal"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        volumes = config["Volumes"]?.object?.map(\.key).sorted() ?? []
        exposedPorts = config["ExposedPorts"]?.object?.compactMap { PortRange(parsing: $0.key) }.flatMap(\.ports) ?? []
        health = config["Healthcheck"].flatMap(HealthOptions.init(image:))
        // As with all else here, what has no meaning has no effect.
        labels = config["Labels"].flatMap([Label].init(json:)) ?? []
    }

    private static func strings(_ json: JSON?) -> [String] { json?.array?.compactMap(\.string) ?? [] }
}

extension Repository {
    func imageConfiguration(of commit: ObjectID) throws -> ImageConfiguration {
        guard let config = try content(of: commit).config else { return ImageConfiguration() }
        return ImageConfiguration(json: try JSON(parsing: try store().read(config, as: .blob)))
    }
}
