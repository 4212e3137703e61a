import Glibc
@testable import Images
import Linux
import Model
import Testbed
import Testing

/// Bytes in memory, in pieces.
final class MemorySource: ByteSource {
    private let bytes: UnsafeMutableRawBufferPointer
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = .allocate(byteCount: bytes.count, alignment: 1)
        self.bytes.copyBytes(from: bytes)
    }

    deinit { bytes.deallocate() }

    func next() -> UnsafeRawBufferPointer {
        defer { position = min(bytes.count, position + 1000) }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<min(bytes.count, position + 1000)])
    }
}

/// An image with the content of its layers, which are not compressed.
struct MadeImage {
    let saved: SavedImage
    let layers: [[UInt8]]

    init(_ layers: [[UInt8]], named names: [String], marked mark: String = "") throws {
        var archive = SampleArchive()
        let manifest = archive.image(layers, marked: mark)
        let config = archive.files.first { $0.name == SampleArchive.blobName(manifest.config.digest) }?.bytes ?? []
        saved = SavedImage(names: names, manifest: manifest, config: try ImageConfig(parsing: config, named: "c"))
        self.layers = layers
    }
}

@Suite("Writing image archives")
struct ImageArchiveWriterTests {
    private func write(_ images: [MadeImage], _ format: ImageArchiveWriter.Format, to descriptor: consuming Descriptor)
        throws
    {
        let writer = try ImageArchiveWriter(writing: descriptor, as: format, named: "x")
        for layer in images.flatMap(\.layers) {
            try writer.add(.sha256(of: layer), size: UInt64(layer.count), reading: MemorySource(layer))
        }
        try writer.finish(images.map(\.saved))
    }

    private func scratch() throws -> Descriptor { try Files.open("/tmp", flags: 0o20_200_000 | O_RDWR, mode: 0o600) }

    private func tar(_ images: [MadeImage], _ format: ImageArchiveWriter.Format) throws -> [UInt8] {
        let file = try scratch()
        try write(images, format, to: file.duplicate())
        lseek(file.raw, 0, SEEK_SET)
        return try file.readAll()
    }

    private func expect(_ archive: ImageArchive, _ images: [MadeImage], _ format: ImageArchiveWriter.Format) throws {
        let read = try archive.images()
        #expect(Set(read.map(\.config)) == Set(images.map(\.saved.config)))
        for image in read {
            let made = try #require(images.first { $0.saved.config.digest == image.config.digest })
            #expect(image.names.sorted() == made.saved.names.sorted())
            #expect(image.config.bytes == made.saved.config.bytes)
            #expect(image.manifest?.bytes == (format == .dockerArchive ? nil : made.saved.manifest?.bytes))
            #expect(try image.layers.map { try drain(archive.open($0)) } == made.layers)
        }
    }

    @Test(
        "what is written is read back, byte for byte, and is the same every time",
        arguments: ImageArchiveWriter.Format.allCases)
    func roundTrip(format: ImageArchiveWriter.Format) throws {
        var random = SplitMix(seed: 31)
        for round in 0..<20 {
            let pool = (0..<4).map { _ in
                (0..<Int.random(in: 0...3000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            let images = try (0..<Int.random(in: 1...3, using: &random)).map { index in
                let layers = (0..<Int.random(in: 0...5, using: &random)).compactMap { _ in
                    pool.randomElement(using: &random)
                }
                let names = (0..<Int.random(in: 0...2, using: &random)).map {
                    "docker.io/library/n\(index)\($0):\(round)"
                }
                return try MadeImage(layers, named: names, marked: "\(index)")
            }
            if format == .ociDirectory {
                let directory = try TemporaryDirectory("out")
                try write(images, format, to: Files.openDirectory(KernelPath(directory.path)))
                try expect(openArchive(Files.openDirectory(KernelPath(directory.path))), images, format)
            } else {
                let bytes = try tar(images, format)
                try expect(openArchive(bytes: bytes), images, format)
                #expect(try tar(images, format) == bytes)
            }
        }
    }

    @Test("an OCI archive is docker's at the same time")
    func both() throws {
        let image = try MadeImage([[1], [2]], named: ["docker.io/library/a:1"])
        let directory = try TemporaryDirectory("both")
        let path = directory.file("a")
        try Files.open(KernelPath(path), flags: O_WRONLY | O_CREAT, mode: 0o600).write(tar([image], .ociArchive))
        let result = try run(["tar", "--delete", "--file=\(path)", "oci-layout"])
        try #require(result.status == 0, "\(result.errors)")
        let archive = try openArchive(Files.open(KernelPath(path), flags: O_RDONLY))
        try expect(archive, [image], .dockerArchive)
    }

    @Test("names that no ustar header holds")
    func longNames() throws {
        let bytes: [UInt8] = [7]
        let sum = try run(["sha512sum"], input: bytes).text.prefix(128)
        let digest = try Digest(parsing: "sha512:\(sum)")
        let config = SampleArchive.config([.sha256(of: bytes)])
        let manifest = ImageManifest(
            config: ContentDescriptor(mediaType: .ociConfig, digest: .sha256(of: config), size: Int64(config.count)),
            layers: [ContentDescriptor(mediaType: .ociLayer, digest: digest, size: 1)])
        let saved = SavedImage(names: [], manifest: manifest, config: try ImageConfig(parsing: config, named: "c"))
        let file = try scratch()
        let writer = try ImageArchiveWriter(writing: file.duplicate(), as: .ociArchive, named: "x")
        try writer.add(digest, size: 1, reading: MemorySource(bytes))
        try writer.finish([saved])
        lseek(file.raw, 0, SEEK_SET)
        let listed = try run(["tar", "-t"], input: file.readAll())
        #expect(listed.status == 0 && listed.text.contains("blobs/sha512/\(sum)"), "\(listed.errors)")
        lseek(file.raw, 0, SEEK_SET)
        let archive = try openArchive(file)
        #expect(try archive.images().flatMap { try $0.layers.map { try drain(archive.open($0)) } } == [bytes])
    }

    @Test("content that is not what it should be, and layers that are missing, fail")
    func bad() throws {
        let image = try MadeImage([[1, 2], [3]], named: ["a:1"])
        func failure(_ work: (ImageArchiveWriter) throws -> Void) throws -> String? {
            let writer = try ImageArchiveWriter(writing: scratch(), as: .ociArchive, named: "x")
            do { try work(writer) } catch let error as ImagesError {
                // The writer stays broken.
                #expect(throws: error) { try writer.finish([]) }
                return error.reason
            }
            return nil
        }
        let digest = Digest.sha256(of: [1, 2])
        #expect(
            try failure { try $0.add(digest, size: 2, reading: MemorySource([1, 3])) }
                == "its content has another digest")
        #expect(try failure { try $0.add(digest, size: 2, reading: MemorySource([1])) } == "it ends after 1 of 2 bytes")
        #expect(
            try failure { try $0.add(digest, size: 1, reading: MemorySource([1, 2])) }
                == "there is more of it than 1 bytes")
        #expect(
            try failure {
                try $0.add(digest, size: 2, reading: MemorySource([1, 2]))
                try $0.finish([image.saved])
            } == "the layer \(Digest.sha256(of: [3])) is missing")
        #expect(
            try failure { try $0.finish([SavedImage(names: [], manifest: nil, config: image.saved.config)]) }
                == "an image has no manifest")
        let full = try TemporaryDirectory("full")
        try Files.makeDirectory(KernelPath(full.file("x")), mode: 0o755)
        #expect(throws: ImagesError.self) {
            try ImageArchiveWriter(writing: Files.openDirectory(KernelPath(full.path)), as: .ociDirectory, named: "x")
        }
        #expect(throws: ImagesError.self) {
            try write([image], .dockerArchive, to: Files.open("/dev/full", flags: O_WRONLY))
        }
    }

    @Test("a member of 8 GiB and more is found behind its pax header")
    func large() throws {
        let config = SampleArchive.config([.sha256(of: [1])])
        let size = 9 << 30
        let start =
            HeaderBuilder("c.json", size: config.count).bytes + padded(config) + pax("size", "\(size)")
            + HeaderBuilder("l").bytes
        let end = SampleArchive.dockerManifest(config: "c.json", layers: ["l"])
        let file = try scratch()
        try file.write(start)
        lseek(file.raw, off_t(size), SEEK_CUR)
        try file.write(HeaderBuilder("manifest.json", size: end.count).bytes + padded(end) + endMark)
        lseek(file.raw, 0, SEEK_SET)
        #expect(try openArchive(file).images().first?.layers.first?.size == UInt64(size))
    }

    @Test("GNU tar finds the same size in the headers that are written for such a member")
    func largeHeaders() throws {
        let directory = try TemporaryDirectory("large")
        for size: UInt64 in [1 << 33 - 1, 1 << 33, 9 << 30] {
            let path = directory.file("\(size)")
            let headers = TarSink.headers("l", size: size)
            try Files.open(KernelPath(path), flags: O_WRONLY | O_CREAT, mode: 0o600).write(headers)
            let end = off_t(UInt64(headers.count) + (size + 511) & ~511) + 1024
            try system("make longer", path) { truncate(path, end) }
            let listed = try run(["tar", "--numeric-owner", "-tvf", path])
            let fields = listed.text.split(separator: " ").map(String.init)
            #expect(listed.status == 0 && fields.prefix(3) == ["-rw-r--r--", "0/0", "\(size)"], "\(listed)")
        }
    }
}
