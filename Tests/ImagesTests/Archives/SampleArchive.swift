import Glibc
import Images
import Linux
import Model
import Testbed

/// The files of an archive, put together by hand.
struct SampleArchive {
    struct File {
        var name: String
        var bytes: [UInt8] = []
        var type: Unicode.Scalar = "0"
        var link = ""
    }

    var files: [File] = []

    mutating func add(_ name: String, _ bytes: [UInt8]) { files.append(File(name: name, bytes: bytes)) }

    mutating func remove(_ name: String) { files.removeAll { $0.name == name } }

    mutating func replace(_ name: String, _ bytes: [UInt8]) {
        remove(name)
        add(name, bytes)
    }

    @discardableResult
    mutating func blob(_ bytes: [UInt8]) -> Digest {
        let digest = Digest.sha256(of: bytes)
        if !files.contains(where: { $0.name == Self.blobName(digest) }) { add(Self.blobName(digest), bytes) }
        return digest
    }

    static func blobName(_ digest: Digest) -> String { "blobs/sha256/\(digest.hex)" }

    var tar: [UInt8] {
        var bytes: [UInt8] = []
        for file in files {
            var header = HeaderBuilder("", type: file.type, size: file.bytes.count, link: file.link)
            if file.name.utf8.count > 100 {
                bytes += pax("path", file.name)
            } else {
                header.name = Array(file.name.utf8)
            }
            bytes += header.bytes + padded(file.bytes)
        }
        return bytes + endMark
    }

    func write(to directory: TemporaryDirectory) throws -> Descriptor {
        for file in files {
            let path = directory.file(file.name)
            try Files.makeDirectories(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
            switch file.type {
            case "5": try Files.makeDirectories(path)
            case "2": try Files.makeSymlink(KernelPath(path), target: KernelPath(file.link))
            case "6": try system("make FIFO", path) { mkfifo(path, 0o600) }
            default:
                try Files.open(KernelPath(path), flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600).write(file.bytes)
            }
        }
        return try Files.openDirectory(KernelPath(directory.path))
    }

    // MARK: Images

    static func config(
        _ diffIDs: [Digest], platform: Platform = .host, marked mark: String = ""
    ) -> [UInt8] {
        let config: JSON = [
            "architecture": .string(platform.architecture), "os": .string(platform.os), "author": .string(mark),
            "rootfs": ["type": "layers", "diff_ids": .array(diffIDs.map { .string("\($0)") })],
        ]
        return config.with("variant", platform.variant.map { .string($0) }).serialized()
    }

    /// Adds an image of layers whose content needn't be tar, and gives its manifest.
    mutating func image(_ layers: [[UInt8]], platform: Platform = .host, marked mark: String = "") -> ImageManifest {
        let config = Self.config(layers.map { .sha256(of: $0) }, platform: platform, marked: mark)
        let manifest = ImageManifest(
            config: ContentDescriptor(mediaType: .ociConfig, digest: blob(config), size: Int64(config.count)),
            layers: layers.map {
                ContentDescriptor(mediaType: .ociLayer, digest: blob($0), size: Int64($0.count))
            })
        blob(manifest.bytes)
        return manifest
    }

    mutating func finish(_ manifests: [ContentDescriptor]) {
        add("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        add("index.json", ImageIndex(manifests: manifests).bytes)
    }

    /// A layout of one image of two layers.
    static func layout(named name: String = "a:1") -> SampleArchive {
        var archive = SampleArchive()
        let manifest = archive.image([Array("one".utf8), Array("two".utf8)])
        archive.finish([manifest.descriptor(annotations: ["org.opencontainers.image.ref.name": name])])
        return archive
    }

    /// The same as old docker versions save it.
    static func docker() -> SampleArchive {
        var archive = SampleArchive()
        let layers = [Array("one".utf8), Array("two".utf8)]
        let config = config(layers.map { .sha256(of: $0) })
        archive.files.append(File(name: "1/", type: "5"))
        archive.add("1/layer.tar", layers[0])
        archive.files.append(File(name: "2/", type: "5"))
        archive.add("2/layer.tar", layers[1])
        archive.files.append(File(name: "3/layer.tar", type: "2", link: "../1/layer.tar"))
        let name = "\(Digest.sha256(of: config).hex).json"
        archive.add(name, config)
        archive.add("manifest.json", dockerManifest(config: name, layers: ["3/layer.tar", "2/layer.tar"]))
        return archive
    }

    static func dockerManifest(config: String, layers: [String], tags: JSON = ["a:1", "b:2"]) -> [UInt8] {
        let list: JSON = [
            ["Config": .string(config), "RepoTags": tags, "Layers": .array(layers.map { .string($0) })]
        ]
        return list.serialized()
    }
}

/// Opens an archive, spooling below `/tmp`.
func openArchive(_ descriptor: consuming Descriptor, named name: String = "x") throws -> ImageArchive {
    try ImageArchive(opening: descriptor, named: name, spoolingTo: Files.openDirectory("/tmp"))
}

func openArchive(bytes: [UInt8]) throws -> ImageArchive {
    let file = try Files.open("/tmp", flags: 0o20_200_000 | O_RDWR, mode: 0o600)
    try file.write(bytes)
    lseek(file.raw, 0, SEEK_SET)
    return try openArchive(file)
}

/// All bytes of a source.
func drain(_ source: any ByteSource) throws -> [UInt8] {
    var result: [UInt8] = []
    while true {
        let bytes = try source.next()
        if bytes.isEmpty { return result }
        result += bytes
    }
}
