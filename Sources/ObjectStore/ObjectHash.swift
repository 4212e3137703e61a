import Crypto
import Model

/// Computes an object's id as its content comes in.
struct ObjectHash {
    private var state = Insecure.SHA1()

    init(_ kind: ObjectKind, size: UInt64) {
        var header = Array("\(kind.word) \(size)".utf8)
        header.append(0)
        header.withUnsafeBytes { state.update(bufferPointer: $0) }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bufferPointer: bytes) }

    mutating func updateZeros(_ count: UInt64) {
        var rest = count
        zeros.withUnsafeBytes { block in
            while rest > 0 {
                let part = Int(min(rest, UInt64(block.count)))
                state.update(bufferPointer: UnsafeRawBufferPointer(rebasing: block[..<part]))
                rest -= UInt64(part)
            }
        }
    }

    func finish() -> ObjectID {
        state.finalize().withUnsafeBytes { ObjectID(loading: $0.baseAddress.unsafelyUnwrapped) }
    }

    static func id(of kind: ObjectKind, _ bytes: [UInt8]) -> ObjectID {
        var hash = ObjectHash(kind, size: UInt64(bytes.count))
        bytes.withUnsafeBytes { hash.update($0) }
        return hash.finish()
    }
}

/// What a hole reads as.
private let zeros = [UInt8](repeating: 0, count: 1 << 20)

/// The checksum that ends packs and indexes.
func checksum(_ bytes: [UInt8]) -> [UInt8] { Array(Insecure.SHA1.hash(data: bytes)) }

/// The same over what comes in parts.
struct StreamChecksum {
    private var state = Insecure.SHA1()
    mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bufferPointer: bytes) }
    func finish() -> [UInt8] { Array(state.finalize()) }
}

extension ObjectID {
    /// The id that an object of these bytes has, stored or not.
    public init(hashing kind: ObjectKind, _ bytes: [UInt8]) { self = ObjectHash.id(of: kind, bytes) }
}
