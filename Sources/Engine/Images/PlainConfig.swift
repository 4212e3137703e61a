import Images
import Model
import ObjectStore

/// The OCI image config of a root filesystem that nothing more is known of (image-spec, "Image Configuration").
enum PlainConfig {
    static let json: JSON = [
        "architecture": .string(Platform.host.architecture), "config": [:], "os": .string(Platform.host.os),
        "rootfs": ["diff_ids": [], "type": "layers"],
    ]
}

extension Repository {
    /// A config with changes; what it was where there are none.
    /// - Parameter config: its blob, nil for none.
    func changed(
        _ config: ObjectID?, by changes: [ConfigChange], to writer: ObjectWriter
    ) throws -> ObjectID? {
        if changes.isEmpty { return config }
        let json = try config.map { try JSON(parsing: try writer.read($0, as: .blob)) } ?? PlainConfig.json
        return try writer.add(.blob, try ConfigChange.apply(changes, to: json).canonical())
    }
}
