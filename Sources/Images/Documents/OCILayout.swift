import Model

/// The file `oci-layout`, which marks a directory or archive as an image layout (image-spec, "Image Layout").
enum OCILayout {
    static let fileName = "oci-layout"
    static let version = "1.0.0"
    static let maximumByteCount = 4096
    static let bytes = (["imageLayoutVersion": .string(version)] as JSON).canonical()

    /// - Parameter name: what messages call it.
    static func check(_ bytes: [UInt8], named name: String) throws(ImagesError) {
        try Document.reading("image layout", name) { () throws(Refusal) in
            let members = try Members(Document(parsing: bytes, limit: maximumByteCount).json)
            let stated = try members.required("imageLayoutVersion", try members.string("imageLayoutVersion"))
            guard stated == version else {
                throw Refusal("its version is '\(Members.shown(stated))', and only \(version) is known")
            }
        }
    }
}
