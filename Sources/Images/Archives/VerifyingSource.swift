import Linux
import Model

/// A part of a file, read by offset; at its end the bytes are compared with what was said of them.
final class VerifyingSource: ByteSource {
    private let part: FilePart
    private let name: String
    private let digest: Model.Digest?
    private var hash: ContentHash?
    private var position: UInt64 = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

    /// - Parameters:
    ///   - digest: what the content has to have; nil where nothing is known.
    ///   - name: what messages call it.
    init(_ part: consuming FilePart, digest: Model.Digest?, named name: String) {
        self.part = part
        self.name = name
        self.digest = digest
        hash = digest.map { ContentHash($0.algorithm) }
    }

    deinit { buffer.deallocate() }

    func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        let wanted = Int(min(UInt64(buffer.count), part.size - position))
        guard wanted > 0 else {
            try checkDigest()
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
        let count: Int
        do throws(SystemError) { count = try part.descriptor.read(into: target, at: part.offset + position) } catch {
            throw refused(error.errno.description)
        }
        guard count > 0 else { throw refused("it is cut off after \(position) of \(part.size) bytes") }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        hash?.update(bytes)
        position += UInt64(count)
        return bytes
    }

    private func checkDigest() throws(ImagesError) {
        guard let digest, let found = hash?.digest else { return }
        guard found == digest else { throw refused("its content has the digest \(found)") }
    }

    private func refused(_ reason: String) -> ImagesError { ImagesError("read archive", name, reason) }
}
