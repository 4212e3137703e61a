/// Where bytes that nobody vouches for come in. A test tries each with mutations of the inputs in Tests/Corpus, and
/// `scripts/fuzz` with libFuzzer.
public enum Edge: String, CaseIterable, Sendable {
    /// A layer: read, made a tree, and rebuilt from its recipe.
    case layer
    /// A recipe, after what a layer was stored as.
    case recipe
    /// The index and the documents of an archive of images.
    case archive
    /// Any JSON text.
    case json
    /// A manifest, an index or a config of an image.
    case document
    /// A change of a config, as an instruction of a Dockerfile.
    case change
    /// The record in a directory's tree.
    case record
    /// A metadata image.
    case image

    /// Takes an input as varve would.
    /// - Returns: whether it was accepted. What is refused in the way that it should be is fine.
    /// - Throws: ``Finding`` where something is wrong with what came out; whatever else the edge lets through unexpected.
    @discardableResult
    public func take(_ bytes: [UInt8]) throws -> Bool {
        switch self {
        case .layer: try LayerEdge.take(bytes)
        case .recipe: try RecipeEdge.take(bytes)
        case .archive: try ArchiveEdge.take(bytes)
        case .json: try DocumentEdges.takeJSON(bytes)
        case .document: try DocumentEdges.takeDocument(bytes)
        case .change: try DocumentEdges.takeChange(bytes)
        case .record: try StoredEdges.takeRecord(bytes)
        case .image: try StoredEdges.takeImage(bytes)
        }
    }
}

/// Something that an input brought about and that must not be.
public struct Finding: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    static func expect(_ condition: Bool, _ otherwise: @autoclosure () -> String) throws(Finding) {
        if !condition { throw Finding(otherwise()) }
    }

    /// A message has to be one line of moderate length, whatever the input says.
    /// - Returns: false, for ``Edge/take(_:)``.
    static func refused(_ message: String) throws(Finding) -> Bool {
        try expect(!message.utf8.contains(0x0a) && message.utf8.count < 32 << 10, "its message is no line: \(message)")
        return false
    }
}
