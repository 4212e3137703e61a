import Linux
import Model

/// Where bytes go, piece by piece. Used by one thread at a time.
public protocol ByteSink: AnyObject {
    /// Takes all of the bytes, which are the caller's again after it.
    func write(_ bytes: UnsafeRawBufferPointer) throws(ImagesError)

    /// Says that there is no more, so that what was held back goes on its way. Once, and nothing after it.
    func finish() throws(ImagesError)
}

extension ByteSink {
    func write(_ bytes: [UInt8]) throws(ImagesError) {
        var failure: ImagesError?
        bytes.withUnsafeBytes { buffer in
            do throws(ImagesError) { try write(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}

/// An open file, pipe or socket. Writes in pieces as they come; flushes nothing to the disk.
public final class DescriptorSink: ByteSink {
    private let name: String
    private let descriptor: Descriptor

    /// - Parameters:
    ///   - descriptor: written from its current position on, and closed when the value goes away.
    ///   - name: what messages call it.
    public init(_ descriptor: consuming Descriptor, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    public func write(_ bytes: UnsafeRawBufferPointer) throws(ImagesError) {
        do throws(SystemError) {
            try Interrupts.check()
            try descriptor.write(bytes)
        } catch { throw ImagesError("write", name, error.errno.description) }
    }

    public func finish() throws(ImagesError) {}
}

/// Hashes and counts what goes on to another sink.
public final class HashingSink: ByteSink {
    private let output: (any ByteSink)?
    private var hash: ContentHash

    /// - Parameter output: nil where the hash is all that is wanted.
    public init(_ output: (any ByteSink)? = nil, _ algorithm: Digest.Algorithm = .sha256) {
        self.output = output
        hash = ContentHash(algorithm)
    }

    /// Of what was written so far.
    public var digest: Digest { hash.digest }
    /// How many bytes were written so far.
    public var size: UInt64 { hash.size }

    public func write(_ bytes: UnsafeRawBufferPointer) throws(ImagesError) {
        hash.update(bytes)
        try output?.write(bytes)
    }

    public func finish() throws(ImagesError) { try output?.finish() }
}
