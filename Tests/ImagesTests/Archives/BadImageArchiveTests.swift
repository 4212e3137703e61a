import Glibc
@testable import Images
import Linux
import Model
import Testbed
import Testing

@Suite("Bad image archives")
struct BadImageArchiveTests {
    /// The one line that opening an archive and reading all its layers ends with; nil where it ends well.
    private func failure(_ open: () throws -> ImageArchive) throws -> String? {
        do {
            let archive = try open()
            for image in try archive.images() {
                for layer in image.layers { _ = try drain(archive.open(layer)) }
            }
        } catch let error as ImagesError {
            #expect(!error.description.contains("\n"))
            return error.description
        }
        return nil
    }

    /// The same of a tar file and of a directory, which must be refused alike.
    private func expect(_ sample: SampleArchive, _ reason: String, _ location: SourceLocation = #_sourceLocation) throws
    {
        let asTar = try failure { try openArchive(bytes: sample.tar) }
        #expect(asTar?.contains(reason) == true, "\(asTar ?? "no error")", sourceLocation: location)
        let directory = try TemporaryDirectory("bad")
        let asDirectory = try failure { try openArchive(sample.write(to: directory)) }
        #expect(asDirectory?.contains(reason) == true, "\(asDirectory ?? "no error")", sourceLocation: location)
    }

    /// A layout with a file's content changed.
    private func layout(_ change: (inout SampleArchive, ImageManifest) -> Void) -> SampleArchive {
        var sample = SampleArchive()
        let manifest = sample.image([Array("one".utf8), Array("two".utf8)])
        sample.finish([manifest.descriptor()])
        change(&sample, manifest)
        return sample
    }

    @Test("a blob with another digest, or of another size, than its descriptor says")
    func mismatches() throws {
        for (kind, reason) in [("same", "digest"), ("longer", "its size is")] {
            func altered(_ digest: KeyPath<ImageManifest, Digest>) -> SampleArchive {
                layout { sample, manifest in
                    let name = SampleArchive.blobName(manifest[keyPath: digest])
                    var bytes = sample.files.first { $0.name == name }?.bytes ?? []
                    if kind == "same" { bytes[0] ^= 1 } else { bytes.append(0) }
                    sample.replace(name, bytes)
                }
            }
            try expect(altered(\.digest), reason)
            try expect(altered(\.config.digest), reason)
            try expect(altered(\.layers[1].digest), reason)
        }
    }

    @Test("a blob that is missing is named")
    func missing() throws {
        try expect(layout { $0.remove(SampleArchive.blobName($1.digest)) }, "it is missing")
        try expect(layout { $0.remove(SampleArchive.blobName($1.config.digest)) }, "it is missing")
        let digest = Digest.sha256(of: Array("two".utf8))
        try expect(
            layout { sample, _ in sample.remove(SampleArchive.blobName(digest)) },
            "x: 'blobs/sha256/\(digest.hex)': it is a layer of the image, and is missing")
        var docker = SampleArchive.docker()
        docker.remove("2/layer.tar")
        docker.remove("3/layer.tar")
        docker.add("3/layer.tar", [1])
        try expect(docker, "x: '2/layer.tar': it is a layer of the image, and is missing")
    }

    @Test("layers, diff_ids and history that differ in number")
    func counts() throws {
        var sample = SampleArchive()
        let config = SampleArchive.config([.sha256(of: [1])])
        let layers = [[1], [2]].map { (bytes: [UInt8]) in
            ContentDescriptor(mediaType: .ociLayer, digest: sample.blob(bytes), size: 1)
        }
        let manifest = ImageManifest(
            config: ContentDescriptor(mediaType: .ociConfig, digest: sample.blob(config), size: Int64(config.count)),
            layers: layers)
        sample.blob(manifest.bytes)
        sample.finish([manifest.descriptor()])
        try expect(sample, "it has 2 layers, and its config has 1")

        var docker = SampleArchive()
        docker.add("c.json", config)
        docker.add("l", [1])
        docker.add("manifest.json", SampleArchive.dockerManifest(config: "c.json", layers: ["l", "l"]))
        try expect(docker, "it has 2 layers, and its config has 1")
        docker.replace(
            "c.json", Array(#"{"os":"linux","architecture":"amd64","history":[{}],"rootfs":{"type":"layers"}}"#.utf8))
        try expect(docker, "history has 1 steps with a layer, and 'rootfs.diff_ids' has 0")
    }

    @Test("a foreign layer that is not there")
    func foreign() throws {
        var sample = SampleArchive()
        let config = SampleArchive.config([.sha256(of: [1])])
        let digest = sample.blob(config)
        let manifest: JSON = [
            "schemaVersion": 2,
            "config": Sample.descriptor("application/vnd.oci.image.config.v1+json", digest, size: Int64(config.count)),
            "layers": [Sample.descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")],
        ]
        let bytes = manifest.serialized()
        sample.finish([ContentDescriptor(mediaType: .ociManifest, digest: sample.blob(bytes), size: Int64(bytes.count))]
        )
        try expect(sample, "it is a layer that may not be passed on")
    }

    @Test("a symlink in place of a blob, a document or a directory")
    func symlinks() throws {
        let link = layout { sample, manifest in
            let name = SampleArchive.blobName(manifest.layers[0].digest)
            sample.remove(name)
            sample.add("elsewhere", Array("one".utf8))
            sample.files.append(SampleArchive.File(name: name, type: "2", link: "../../elsewhere"))
        }
        try expect(link, "symlink")
        for document in ["index.json", "oci-layout"] {
            let linked = layout { sample, _ in
                let bytes = sample.files.first { $0.name == document }?.bytes ?? []
                sample.remove(document)
                sample.add("elsewhere", bytes)
                sample.files.append(SampleArchive.File(name: document, type: "2", link: "elsewhere"))
            }
            try expect(linked, "symlink")
        }
        for target in [
            "/etc/passwd", "../../1/layer.tar", "../3/layer.tar", "../4/layer.tar", "../1", "", "../nowhere",
        ] {
            var docker = SampleArchive.docker()
            docker.remove("3/layer.tar")
            docker.files.append(SampleArchive.File(name: "4/layer.tar", type: "2", link: "../1/layer.tar"))
            docker.files.append(SampleArchive.File(name: "3/layer.tar", type: "2", link: target))
            let found = try failure { try openArchive(bytes: docker.tar) }
            #expect(found?.contains("it is a symlink, and not to another layer") == true, "\(target): \(found ?? "")")
        }
    }

    @Test("a FIFO in place of a blob keeps nobody waiting")
    func fifo() throws {
        try expect(
            layout { sample, manifest in
                let name = SampleArchive.blobName(manifest.layers[0].digest)
                sample.remove(name)
                sample.files.append(SampleArchive.File(name: name, type: "6"))
            }, "file")
    }

    @Test("what two readers of a tar file would take for different things")
    func ambiguous() throws {
        func expect(_ file: SampleArchive.File, _ reason: String) throws {
            var sample = SampleArchive.layout()
            sample.files.append(file)
            let found = try failure { try openArchive(bytes: sample.tar) }
            #expect(found?.contains(reason) == true, "\(found ?? "no error")")
        }
        try expect(SampleArchive.File(name: "./index.json", bytes: [1]), "stands in it twice")
        try expect(SampleArchive.File(name: "blobs", type: "2", link: "b"), "lies below what is no directory")
        try expect(SampleArchive.File(name: "blobs/sha256", bytes: [1]), "lies below what is no directory")
        try expect(SampleArchive.File(name: "h", type: "1", link: "index.json"), "is a hard link")
        try expect(SampleArchive.File(name: "s", type: "S"), "is a sparse member")
        try expect(SampleArchive.File(name: "d", type: "3"), "is neither a file, a directory nor a symlink")
        for name in [
            "../x", "/x", "a/../x", String(repeating: "n", count: 10_000), String(repeating: "n/", count: 5_000),
        ] {
            try expect(SampleArchive.File(name: name), "is no name inside the archive")
        }
    }

    @Test("tar files that end too early, have something after their end, or damaged headers")
    func damage() throws {
        let tar = SampleArchive.layout().tar
        for count in [0, 1, 511, 513, 600, 1024 + 100] {
            #expect(try failure { try openArchive(bytes: Array(tar.prefix(count))) } != nil, "\(count)")
        }
        #expect(try failure { try openArchive(bytes: tar + [1]) }?.contains("after the end mark") == true)
        var damaged = tar
        damaged[1024] ^= 1
        #expect(try failure { try openArchive(bytes: damaged) }?.contains("damaged") == true)
        let zip = try run(["gzip", "-c"], input: tar).output
        #expect(
            try failure { try openArchive(bytes: Array(zip.dropLast(4))) }?.contains("gzip data ends too early") == true
        )
    }

    @Test("a bomb around an archive is stopped at the limit, and leaves nothing behind")
    func bomb() throws {
        let directory = try TemporaryDirectory("spool")
        let large = HeaderBuilder("a", size: 1 << 20).bytes + [UInt8](repeating: 0, count: 1 << 20)
        let bomb = try run(["gzip", "-c"], input: large).output
        let file = try Files.open("/tmp", flags: 0o20_200_000 | O_RDWR, mode: 0o600)
        try file.write(bomb)
        lseek(file.raw, 0, SEEK_SET)
        let found = try failure {
            try ImageArchive(
                opening: file.duplicate(), named: "x",
                spoolingTo: Files.openDirectory(KernelPath(directory.path)), limit: 1 << 19)
        }
        #expect(
            found == "read archive: x: decompressed it is larger than 524288 bytes; "
                + "a file that is not compressed may be of any size")
        #expect(try Files.names(in: Files.openDirectory(KernelPath(directory.path))).isEmpty)
    }

    @Test("special headers have the same rules where an archive is looked through and where it is read")
    func specialHeaders() throws {
        func index(_ bytes: [UInt8]) throws -> TarIndex {
            let file = try Files.open("/tmp", flags: 0o20_200_000 | O_RDWR, mode: 0o600)
            try file.write(bytes)
            return try TarIndex(file, from: 0, named: "test.tar")
        }
        let file = HeaderBuilder("x").bytes + endMark
        for (bytes, isRead) in [
            (pax([("comment", [UInt8](repeating: 0x61, count: 2 << 20))]) + file, true),
            (special("L", [UInt8](repeating: 0x61, count: (64 << 10) + 1)) + file, false),
            (pax([("comment", [UInt8](repeating: 0x61, count: 1 << 20))], type: "g") + file, false),
            (special("V", []) + file, true), (special("V", [1]) + file, false),
            (special("L", Array("a\u{0}b\u{0}".utf8)) + file, false),
            (special("L", Array("a\u{0}\u{0}".utf8)) + file, true),
            (special("K", [0x61]) + endMark, false), (pax("path", "x") + endMark, false),
        ] as [([UInt8], Bool)] {
            #expect(((try? readArchive(bytes: bytes)) != nil) == isRead)
            #expect(((try? index(bytes).fault == nil) ?? false) == isRead)
        }
    }

    @Test("what an archive may grow to, by default")
    func allowedSize() {
        #expect(SeekableArchive.allowed(for: 0) == 16 << 30)
        #expect(SeekableArchive.allowed(for: 1 << 30) == 200 << 30)
        #expect(SeekableArchive.allowed(for: .max) == 256 << 30)
    }

    @Test("what never ends and is no archive is not copied", arguments: ["/dev/zero", "/dev/urandom"])
    func endless(device: String) throws {
        let found = try failure { try openArchive(Files.open(KernelPath(device), flags: O_RDONLY)) }
        #expect(found?.contains(device == "/dev/zero" ? "it holds no image" : "this is no tar archive") == true)
    }

    @Test("more members than any image has")
    func members() throws {
        var bytes: [UInt8] = []
        for number in 0...10 { bytes += HeaderBuilder("\(number)").bytes }
        let file = try Files.open("/tmp", flags: 0o20_200_000 | O_RDWR, mode: 0o600)
        try file.write(bytes)
        #expect(try TarIndex(file, from: 0, named: "x", limit: 11).members.count == 11)
        #expect(throws: ImagesError("read archive", "x", "it has more than 10 members, as no image archive does")) {
            try TarIndex(file, from: 0, named: "x", limit: 10)
        }
    }

    @Test("what is no image archive is told so, with all that such an archive couldn't have")
    func otherThings() throws {
        var root = SampleArchive()
        root.add("etc/passwd", [1])
        root.files.append(SampleArchive.File(name: "etc/link", type: "1", link: "etc/passwd"))
        root.files.append(SampleArchive.File(name: "dev/null", type: "3"))
        let none = "it holds no image: neither an OCI layout nor a manifest.json"
        #expect(try failure { try openArchive(bytes: root.tar) }?.contains(none) == true)
        #expect(try failure { try openArchive(bytes: endMark) }?.contains(none) == true)
        let empty = try TemporaryDirectory("empty")
        #expect(try failure { try openArchive(Files.openDirectory(KernelPath(empty.path))) }?.contains(none) == true)
        #expect(try failure { try openArchive(bytes: []) }?.contains("it is empty") == true)
        for count in [5, 511, 512, 2000] {
            let found = try failure { try openArchive(bytes: [UInt8](repeating: 0x61, count: count)) }
            #expect(found == "read archive: x: this is no tar archive, compressed or not")
        }
        root.add("repositories", [])
        #expect(try failure { try openArchive(bytes: root.tar) } != nil)
    }

    @Test("names and symlink targets that would fill the memory are refused")
    func names() throws {
        let name = String(repeating: String(repeating: "a", count: 249) + "/", count: 16)
        let long = (0..<5000).flatMap { pax("path", "\(name)\($0)") + HeaderBuilder("x").bytes }
        let links = (0..<20).flatMap {
            pax("linkpath", String(repeating: "a", count: 900_000)) + HeaderBuilder("\($0)", type: "2").bytes
        }
        for bytes in [long, links] {
            let found = try failure { try openArchive(bytes: bytes + endMark) }
            #expect(
                found == "read archive: x: the names in it take more than 16777216 bytes, as in no image archive")
        }
    }

    @Test("documents that are too large are not read, and schema 1 is told by its name")
    func documents() throws {
        let large = [UInt8](repeating: 0x20, count: ImageIndex.maximumByteCount + 1)
        try expect(layout { sample, _ in sample.replace("index.json", large) }, "it is larger than 4194304 bytes")
        try expect(
            layout { sample, _ in sample.replace("oci-layout", Array(#"{"imageLayoutVersion":"2.0.0"}"#.utf8)) },
            "its version is '2.0.0'")
        var sample = SampleArchive()
        let bytes = Array(#"{"schemaVersion":1,"name":"a","tag":"b","fsLayers":[]}"#.utf8)
        let index: JSON = [
            "schemaVersion": 2,
            "manifests": [
                Sample.descriptor(
                    "application/vnd.docker.distribution.manifest.v1+prettyjws", sample.blob(bytes),
                    size: Int64(bytes.count))
            ],
        ]
        sample.finish([])
        sample.replace("index.json", index.serialized())
        try expect(sample, "Docker's schema 1")
    }

    @Test("indexes inside each other end somewhere")
    func nesting() throws {
        var sample = SampleArchive()
        var entry = sample.image([[1]]).descriptor()
        for _ in 0..<8 {
            let index = ImageIndex(manifests: [entry])
            sample.blob(index.bytes)
            entry = ContentDescriptor(mediaType: .ociIndex, digest: index.digest, size: Int64(index.bytes.count))
        }
        sample.finish([entry])
        try expect(sample, "more than 4 indexes stand inside each other")
    }

    @Test("an index that gives a platform to what is no image")
    func artifact() throws {
        var sample = SampleArchive()
        let config = ContentDescriptor(mediaType: .ociEmpty, digest: sample.blob(Array("{}".utf8)), size: 2)
        let artifact = ImageManifest(config: config, layers: [])
        sample.blob(artifact.bytes)
        let other = sample.image([[1]]).descriptor(platform: Platform(os: "linux", architecture: "s390x"))
        sample.finish([artifact.descriptor(platform: .host), other])
        try expect(sample, "it is no image's manifest")
    }

    @Test("an archive of nothing but signatures says so")
    func noImage() throws {
        var sample = SampleArchive()
        let config = ContentDescriptor(mediaType: .ociEmpty, digest: sample.blob(Array("{}".utf8)), size: 2)
        let signature = ImageManifest(config: config, layers: [])
        sample.blob(signature.bytes)
        sample.finish([signature.descriptor()])
        try expect(sample, "it holds no image, but application/vnd.oci.empty.v1+json")
    }

    @Test("damaged archives give images or one clear line")
    func fuzz() throws {
        var random = SplitMix(seed: 23)
        var (read, refused) = (0, 0)
        let seeds = [SampleArchive.layout().tar, SampleArchive.docker().tar]
        for _ in 0..<archiveFuzzRounds {
            var bytes = seeds.randomElement(using: &random) ?? seeds[0]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            // With checksums made right again, damage gets past them.
            for start in stride(from: 0, to: bytes.count - 511, by: 512) where bytes[start + 257] == UInt8(ascii: "u") {
                bytes.replaceSubrange(
                    start..<(start + 512), with: HeaderBuilder.signed(Array(bytes[start..<(start + 512)])))
            }
            if try failure({ try openArchive(bytes: bytes) }) == nil { read += 1 } else { refused += 1 }
        }
        #expect(read > archiveFuzzRounds / 20 && refused > archiveFuzzRounds / 20)
    }
}

/// How often the fuzz test of archives tries. A debug build does about a thousand a second.
private let archiveFuzzRounds = 2_000
