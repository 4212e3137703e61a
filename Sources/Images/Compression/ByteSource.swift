import Linux

/// Where an archive's bytes come from, piece by piece.
protocol ByteSource: AnyObject {
    /// The next bytes, valid until the next call; none at the end.
    func next() throws(ImagesError) -> UnsafeRawBufferPointer
}

/// An open file, pipe or socket, as it is.
final class DescriptorSource: ByteSource {
    let name: String
    private let descriptor: Descriptor
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    /// Bytes that were looked at and not yet handed out.
    private var ahead = 0

    init(_ descriptor: consuming Descriptor, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    deinit { buffer.deallocate() }

    /// The first bytes, without taking them: as many as asked for, fewer only where there are no more.
    /// - Parameter count: at most the size of the buffer.
    func peek(_ count: Int) throws(ImagesError) -> UnsafeRawBufferPointer {
        while ahead < count {
            let read = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[ahead...]))
            if read == 0 { break }
            ahead += read
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<ahead])
    }

    func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        let count = ahead > 0 ? ahead : try read(into: buffer)
        ahead = 0
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    private func read(into target: UnsafeMutableRawBufferPointer) throws(ImagesError) -> Int {
        do throws(SystemError) { return try descriptor.read(into: target) } catch {
            throw ImagesError("read archive", name, error.errno.description)
        }
    }
}

extension DescriptorSource {
    /// How the content is compressed, told by its first bytes. What starts with a tar header is never
    /// taken for anything else, whatever the name of its first entry looks like.
    func decompressed() throws(ImagesError) -> any ByteSource {
        let start = try peek(TarHeader.byteCount)
        if start.isEmpty { throw ImagesError("read archive", name, "it is empty") }
        if TarHeader(Array(start.prefix(TarHeader.byteCount))) != nil { return self }
        if start.starts(with: [0x1f, 0x8b]) { return try GzipSource(self) }
        return Self.magics.contains { start.starts(with: $0) } ? try FilteredSource(self) : self
    }

    /// xz, zstd, a zstd frame to skip, bzip2, lz4.
    private static let magics: [[UInt8]] = [
        [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], [0x28, 0xb5, 0x2f, 0xfd], [0x50, 0x2a, 0x4d, 0x18],
        Array("BZh".utf8), [0x04, 0x22, 0x4d, 0x18],
    ]
}
