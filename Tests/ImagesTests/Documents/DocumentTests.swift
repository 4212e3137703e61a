import Images
import Model
import Testbed
import Testing

@Suite("Image documents")
struct DocumentTests {
    @Test("a manifest keeps its bytes, its digest and what varve doesn't know")
    func manifest() throws {
        let bytes = Array(Sample.manifest.with("x-unknown", [1, 2]).pretty().utf8)
        let manifest = try ImageManifest(parsing: bytes, named: "m", as: .ociManifest)
        #expect(manifest.bytes == bytes)
        #expect(manifest.digest == .sha256(of: bytes))
        #expect(manifest.document.json["x-unknown"] == [1, 2])
        #expect(manifest.layers.map(\.mediaType) == [.ociLayerGzip])
        #expect(manifest.layers.first?.size == 7 && manifest.layers.first?.digest == Sample.layer)
        #expect(manifest.isImage)
    }

    @Test("digests are those of sha256sum")
    func digests() throws {
        let bytes = Sample.manifest.serialized()
        let sum = try run(["sha256sum"], input: bytes).text.prefix(64)
        #expect(try ImageManifest(parsing: bytes, named: "m").digest.hex == sum)
    }

    @Test("a manifest without a media type is what it was referred to as")
    func defaultType() throws {
        let bytes = Sample.manifest.with("mediaType", nil).serialized()
        #expect(try ImageManifest(parsing: bytes, named: "m").mediaType == .ociManifest)
        #expect(try ImageManifest(parsing: bytes, named: "m", as: .dockerManifest).mediaType == .dockerManifest)
        #expect(
            try ImageIndex(parsing: Sample.index.with("mediaType", nil).serialized(), named: "i").mediaType == .ociIndex
        )
    }

    @Test("a config says who made what when")
    func config() throws {
        let config = try ImageConfig(parsing: Sample.config.serialized(), named: "c")
        #expect(config.created == Timestamp(seconds: 1_795_466_032, nanoseconds: 500_000_000))
        #expect(config.platform == Platform(os: "linux", architecture: "amd64"))
        #expect(config.diffIDs == [Sample.diff])
        #expect(config.history.map(\.isEmptyLayer) == [false, true])
        #expect(config.history.map(\.createdBy) == ["ADD", "CMD"])
        #expect(config.history.first?.author == "b" && config.history.first?.comment == "c")
        #expect(config.history.last?.created == nil)
    }

    @Test("null is as good as nothing, as in what Go's tools write")
    func nulls() throws {
        let json = Sample.config.with("history", nil).with("created", .null)
            .with("config", ["Cmd": nil, "Volumes": nil, "Labels": nil])
            .with("rootfs", ["type": "layers", "diff_ids": nil])
        let config = try ImageConfig(parsing: json.serialized(), named: "c")
        #expect(config.diffIDs.isEmpty && config.created == nil)
    }

    @Test(
        "what a layer's type says of it",
        arguments: [
            ("application/vnd.oci.image.layer.v1.tar", .some(.none), false),
            ("application/vnd.oci.image.layer.v1.tar+gzip", .gzip, false),
            ("application/vnd.oci.image.layer.v1.tar+zstd", .zstd, false),
            ("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", .zstd, true),
            ("application/vnd.docker.image.rootfs.diff.tar.gzip", .gzip, false),
            ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", .gzip, true),
            ("application/vnd.oci.image.config.v1+json", nil, false),
        ] as [(String, MediaType.Compression?, Bool)])
    func layerTypes(text: String, compression: MediaType.Compression?, isForeign: Bool) throws {
        let json = Sample.manifest.with("layers", [Sample.descriptor(text)])
        let type = try #require(try ImageManifest(parsing: json.serialized(), named: "m").layers.first?.mediaType)
        #expect(type.text == text && type.layerCompression == compression && type.isForeignLayer == isForeign)
    }

    @Test("what varve writes is read back as it was, and is the same every time")
    func writing() throws {
        var random = SplitMix(seed: 3)
        for _ in 0..<200 {
            func descriptor(_ type: MediaType) -> ContentDescriptor {
                let annotations = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    ("k\(Int.random(in: 0...99, using: &random))", "\"é\n\(Int.random(in: 0...9, using: &random))")
                }
                return ContentDescriptor(
                    mediaType: type, digest: .sha256(of: [UInt8.random(in: 0...255, using: &random)]),
                    size: Int64.random(in: 0 ... .max, using: &random),
                    platform: Bool.random(using: &random)
                        ? Platform(os: "linux", architecture: "arm", variant: "v6") : nil,
                    annotations: Dictionary(annotations) { a, _ in a })
            }
            let layers = (0..<Int.random(in: 0...5, using: &random)).map { _ in descriptor(.ociLayerZstd) }
            let manifest = ImageManifest(
                config: descriptor(.ociConfig), layers: layers, annotations: ["b": "1", "a": "2"])
            let read = try ImageManifest(parsing: manifest.bytes, named: "m", as: .ociManifest)
            #expect(read == manifest && read.layers.map(\.digest) == layers.map(\.digest))
            #expect(read.config.annotations == manifest.config.annotations && read.config.size == manifest.config.size)
            #expect(read.document.json.canonical() == manifest.bytes)
            let index = ImageIndex(manifests: [manifest.descriptor(platform: .host, annotations: ["n": "v"])])
            let readIndex = try ImageIndex(parsing: index.bytes, named: "i", as: .ociIndex)
            #expect(
                readIndex.manifests.first?.platform == .host && readIndex.manifests.first?.digest == manifest.digest)
        }
    }
}
