import Crypto
import Model

/// The digest of what comes in, and how much it was.
struct ContentHash {
    private let algorithm: Model.Digest.Algorithm
    private var state: any HashFunction
    private(set) var size: UInt64 = 0

    init(_ algorithm: Model.Digest.Algorithm = .sha256) {
        self.algorithm = algorithm
        state =
            switch algorithm {
            case .sha256: SHA256()
            case .sha512: SHA512()
            }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state.update(bufferPointer: bytes)
        size += UInt64(bytes.count)
    }

    /// Of all bytes so far.
    var digest: Model.Digest {
        guard let digest = Model.Digest(algorithm, Self.finalized(state)) else {
            preconditionFailure("a hash has as many bytes as its algorithm says")
        }
        return digest
    }

    private static func finalized(_ state: some HashFunction) -> [UInt8] { Array(state.finalize()) }
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

extension Model.Digest {
    /// Whether these bytes are what the digest names.
    func names(_ bytes: [UInt8]) -> Bool {
        var hash = ContentHash(algorithm)
        bytes.withUnsafeBytes { hash.update($0) }
        return hash.digest == self
    }
}
