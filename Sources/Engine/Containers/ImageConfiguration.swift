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

    init() {}

    init(json: JSON) {
        guard let config = json["config"] else { return }
        environment = Self.strings(config["Env"])
        entrypoint = Self.strings(config["Entrypoint"])
        command = Self.strings(config["Cmd"])
        workingDirectory = config["WorkingDir"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        user = config["User"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        stopSignal = config["StopSignal"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        volumes = config["Volumes"]?.object?.map(\.key).sorted() ?? []
    }

    private static func strings(_ json: JSON?) -> [String] { json?.array?.compactMap(\.string) ?? [] }
}

extension Repository {
    func imageConfiguration(of commit: ObjectID) throws -> ImageConfiguration {
        guard let config = try content(of: commit).config else { return ImageConfiguration() }
        return ImageConfiguration(json: try JSON(parsing: try store().read(config, as: .blob)))
    }
}
