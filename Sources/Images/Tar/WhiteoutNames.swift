import Model

/// The names by which a layer tells of removed files (image-spec, layer.md, "Whiteouts").
enum WhiteoutNames {
    static let prefix: ByteName = ".wh."
    /// What aufs kept for itself, besides the next.
    static let metadata: ByteName = ".wh..wh."
    static let opaque: ByteName = ".wh..wh..opq"
}
