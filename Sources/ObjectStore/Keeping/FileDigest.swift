import Crypto
import Linux
import Model

extension Model.Digest {
    /// That of an open file from its beginning.
    public init(_ algorithm: Algorithm, of file: borrowing Descriptor) throws(SystemError) {
        let bytes =
            switch algorithm {
            case .sha256: try Self.hash(file, SHA256())
            case .sha512: try Self.hash(file, SHA512())
            }
        guard let digest = Model.Digest(algorithm, bytes) else {
            preconditionFailure("\(algorithm) has \(algorithm.byteCount) bytes")
        }
        self = digest
    }

    private static func hash(_ file: borrowing Descriptor, _ function: some HashFunction) throws(SystemError) -> [UInt8]
    {
        var state = function
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { buffer.deallocate() }
        var position: UInt64 = 0
        while true {
            try Interrupts.check()
            let count = try file.read(into: buffer, at: position)
            if count == 0 { return Array(state.finalize()) }
            state.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            position += UInt64(count)
        }
    }
}
