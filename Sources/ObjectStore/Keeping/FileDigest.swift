import Crypto
import Linux
import Model

extension Model.Digest {
    /// SHA-256 of an open file from its beginning.
    public init(sha256Of file: borrowing Descriptor) throws(SystemError) {
        var state = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { buffer.deallocate() }
        var position: UInt64 = 0
        while true {
            try Interrupts.check()
            let count = try file.read(into: buffer, at: position)
            if count == 0 { break }
            state.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            position += UInt64(count)
        }
        guard let digest = Model.Digest(.sha256, Array(state.finalize())) else {
            preconditionFailure("SHA-256 has 32 bytes")
        }
        self = digest
    }
}
