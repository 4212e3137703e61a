import Crypto
import Model

/// The SHA-256 of what comes in, and how much it was.
struct ContentHash {
    private var state = SHA256()
    private(set) var size: UInt64 = 0

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state.update(bufferPointer: bytes)
        size += UInt64(bytes.count)
    }

    var digest: Model.Digest {
        guard let digest = Model.Digest(.sha256, Array(state.finalize())) else {
            preconditionFailure("SHA-256 has 32 bytes")
        }
        return digest
    }
}

/// Another source, whose bytes are hashed as they pass.
final class HashingSource: ByteSource {
    private let input: any ByteSource
    private(set) var hash = ContentHash()

    init(_ input: any ByteSource) { self.input = input }

    func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        let bytes = try input.next()
        hash.update(bytes)
        return bytes
    }
}
