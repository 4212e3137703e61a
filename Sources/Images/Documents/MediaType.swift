/// What a descriptor says its content is (RFC 6838; image-spec, "Media Types"; Docker's schema 2).
public struct MediaType: Hashable, Sendable {
    public let text: String

    private init(_ text: String) { self.text = text }

    /// - Parameter text: `type/subtype`, at most 255 bytes of what RFC 6838 (section 4.2) takes, and nothing behind it.
    init(parsing text: String) throws(Refusal) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 255, parts.allSatisfy(Self.isName) else {
            throw Refusal("'\(Members.shown(text))' is no media type")
        }
        self.text = text
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first) else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || "!#$&-^_.+".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }

    public static let ociManifest = MediaType("application/vnd.oci.image.manifest.v1+json")
    public static let ociIndex = MediaType("application/vnd.oci.image.index.v1+json")
    public static let ociConfig = MediaType("application/vnd.oci.image.config.v1+json")
    public static let ociLayer = MediaType("application/vnd.oci.image.layer.v1.tar")
    public static let ociLayerGzip = MediaType("application/vnd.oci.image.layer.v1.tar+gzip")
    public static let ociLayerZstd = MediaType("application/vnd.oci.image.layer.v1.tar+zstd")
    public static let ociEmpty = MediaType("application/vnd.oci.empty.v1+json")

    public static let dockerManifest = MediaType("application/vnd.docker.distribution.manifest.v2+json")
    public static let dockerManifestList = MediaType("application/vnd.docker.distribution.manifest.list.v2+json")
    public static let dockerConfig = MediaType("application/vnd.docker.container.image.v1+json")
    public static let dockerLayer = MediaType("application/vnd.docker.image.rootfs.diff.tar")
    public static let dockerLayerGzip = MediaType("application/vnd.docker.image.rootfs.diff.tar.gzip")
    public static let dockerLayerZstd = MediaType("application/vnd.docker.image.rootfs.diff.tar.zstd")

    public var isManifest: Bool { self == .ociManifest || self == .dockerManifest }
    public var isIndex: Bool { self == .ociIndex || self == .dockerManifestList }
    public var isConfig: Bool { self == .ociConfig || self == .dockerConfig }

    /// Docker's schema 1, signed or not, which nothing writes any more.
    public var isSchema1: Bool { text.hasPrefix("application/vnd.docker.distribution.manifest.v1+") }

    /// What a layer's type says of its compression.
    public enum Compression: String, Sendable {
        case none, gzip, zstd
    }

    /// Nil where this is no type of a layer.
    public var layerCompression: Compression? { Self.layers[self]?.compression }

    /// The OCI type of a layer of this type; the same for what is no layer of Docker's.
    public var ociLayer: MediaType {
        switch self {
        case .dockerLayer: .ociLayer
        case .dockerLayerGzip: .ociLayerGzip
        case .dockerLayerZstd: .ociLayerZstd
        default: self
        }
    }

    /// Layers that may not be passed on and so needn't lie beside their manifest (image-spec, "Non-Distributable
    /// Layers"; Docker calls them foreign).
    public var isForeignLayer: Bool { Self.layers[self]?.isForeign ?? false }

    private static let layers: [MediaType: (compression: Compression, isForeign: Bool)] = {
        let foreign = MediaType("application/vnd.oci.image.layer.nondistributable.v1.tar")
        return [
            ociLayer: (.none, false), ociLayerGzip: (.gzip, false), ociLayerZstd: (.zstd, false),
            dockerLayer: (.none, false), dockerLayerGzip: (.gzip, false), dockerLayerZstd: (.zstd, false),
            foreign: (.none, true), MediaType("\(foreign)+gzip"): (.gzip, true),
            MediaType("\(foreign)+zstd"): (.zstd, true),
            MediaType("application/vnd.docker.image.rootfs.foreign.diff.tar"): (.none, true),
            MediaType("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"): (.gzip, true),
        ]
    }()
}

extension MediaType: CustomStringConvertible {
    public var description: String { text }
}
