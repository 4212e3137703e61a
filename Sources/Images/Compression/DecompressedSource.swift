/// What a source holds, decompressed where it is compressed.
enum DecompressedSource {
    /// How the content is compressed is told by its first bytes. What starts with a tar header is never taken for
    /// anything else, whatever the name of its first entry looks like.
    /// - Parameter name: what messages call it.
    static func make(_ input: any ByteSource, name: String) throws(ImagesError) -> any ByteSource {
        let source = PeekingSource(input)
        let start = try source.peek()
        if TarHeader(start) != nil { return source }
        if start.starts(with: [0x1f, 0x8b]) { return try GzipSource(source, name: name) }
        if start.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) { return try XzSource(source, name: name) }
        return magics.contains { start.starts(with: $0) } ? try FilteredSource(source, name: name) : source
    }

    /// zstd, a zstd frame to skip, bzip2, lz4.
    private static let magics: [[UInt8]] = [
        [0x28, 0xb5, 0x2f, 0xfd], [0x50, 0x2a, 0x4d, 0x18],
        Array("BZh".utf8), [0x04, 0x22, 0x4d, 0x18],
    ]
}
