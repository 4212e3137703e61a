import Linux

/// An open file, pipe or socket, as it is.
public final class DescriptorSource: ByteSource {
    private let name: String
    private let descriptor: Descriptor
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

    /// - Parameters:
    ///   - descriptor: read from its current position.
    ///   - name: what messages call it.
    public init(_ descriptor: consuming Descriptor, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    deinit { buffer.deallocate() }

    public func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        do throws(SystemError) {
            let count = try descriptor.read(into: buffer)
            return UnsafeRawBufferPointer(rebasing: buffer[..<count])
        } catch {
            throw ImagesError("read archive", name, error.errno.description)
        }
    }
}
