import Crypto
import Model

/// A JSON document of an image: the bytes as they came, and what they say.
///
/// The digest of a document is that of its bytes, so they are kept and never written anew.
public struct Document: Hashable, Sendable {
    public let bytes: [UInt8]
    /// All members, also those that varve doesn't know.
    public let json: JSON
    /// SHA-256 of the bytes.
    public let digest: Model.Digest

    /// - Parameter limit: more bytes than these are refused unread.
    init(parsing bytes: [UInt8], limit: Int) throws(Refusal) {
        guard bytes.count <= limit else { throw Refusal("it is larger than \(limit) bytes") }
        do throws(JSONError) { json = try JSON(parsing: bytes, maximumBytes: limit) } catch {
            throw Refusal("byte \(error.offset): \(error.reason)")
        }
        self.bytes = bytes
        digest = .sha256(of: bytes)
    }

    /// A document of varve's own: the same value has the same bytes everywhere.
    init(writing json: JSON) {
        self.json = json
        bytes = json.canonical()
        digest = .sha256(of: bytes)
    }

    public static func == (a: Document, b: Document) -> Bool { a.bytes == b.bytes }
    public func hash(into hasher: inout Hasher) { hasher.combine(digest) }

    /// Turns a refusal into an error that names the document.
    static func reading<Value>(
        _ kind: String, _ name: String, _ work: () throws(Refusal) -> Value
    ) throws(ImagesError) -> Value {
        do throws(Refusal) { return try work() } catch { throw ImagesError("read \(kind)", name, error.reason) }
    }
}

extension Model.Digest {
    public static func sha256(of bytes: some Sequence<UInt8>) -> Model.Digest {
        guard let digest = Model.Digest(.sha256, Array(SHA256.hash(data: Array(bytes)))) else {
            preconditionFailure("SHA-256 has 32 bytes")
        }
        return digest
    }
}
