import Images
import Model

/// The OCI image config of a root filesystem that nothing more is known of (image-spec, "Image Configuration").
enum PlainConfig {
    static let json: JSON = [
        "architecture": .string(Platform.host.architecture), "config": [:], "os": .string(Platform.host.os),
        "rootfs": ["diff_ids": [], "type": "layers"],
    ]
}
