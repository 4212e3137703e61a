import Model

/// The form of recipes: what rebuilds a layer's tar file byte for byte (docs/format.md, "Recipes").
enum Recipe {
    static let header = Array("varve recipe 1\n".utf8)
    /// No chunk is longer.
    static let chunkSize = 1 << 20
    /// The most that one operation for bytes holds.
    static let longestText = 1 << 16
    /// As many zeros in a row are an operation of their own.
    static let shortestRun: UInt64 = 16

    // What operations begin with.
    static let end: UInt8 = 0
    static let bytes: UInt8 = 1
    static let zeros: UInt8 = 2
    static let body: UInt8 = 4
    /// Added to `body`.
    static let hasHoles: UInt8 = 1
    /// Added to `body` where not the whole body is meant.
    static let isPart: UInt8 = 2
}

/// Some of a file's body.
public struct BodyRange: Hashable, Sendable {
    /// The blob's id.
    public var id: ObjectID
    /// Bytes of the whole body.
    public var size: UInt64
    /// Whether the file was stored with holes.
    public var hasHoles: Bool
    /// Which bytes of it: not empty, within the size.
    public var range: Range<UInt64>

    public init(id: ObjectID, size: UInt64, hasHoles: Bool, range: Range<UInt64>) {
        self.id = id
        self.size = size
        self.hasHoles = hasHoles
        self.range = range
    }

    var isWhole: Bool { range == 0..<size }

    /// Whether `next` goes on where this ends, so that both have to be one.
    func isContinued(by next: BodyRange) -> Bool {
        id == next.id && size == next.size && hasHoles == next.hasHoles && range.upperBound == next.range.lowerBound
    }
}

/// A piece of the tar file.
public enum RecipeOperation: Hashable, Sendable {
    case bytes([UInt8])
    case zeros(UInt64)
    case body(BodyRange)
}
