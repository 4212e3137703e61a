import Glibc
import Images
import Linux
import Model
import Testbed
import Testing

@Suite("Image archives")
struct ImageArchiveTests {
    private func expectTwoLayers(_ archive: ImageArchive, names: [String]) throws {
        let images = try archive.images()
        try #require(images.count == 1)
        #expect(images[0].names == names)
        #expect(images[0].layers.map(\.diffID) == images[0].config.diffIDs)
        #expect(try images[0].layers.map { try drain(archive.open($0)) } == [Array("one".utf8), Array("two".utf8)])
    }

    @Test("a layout is read from a directory and from a tar file")
    func layout() throws {
        let directory = try TemporaryDirectory("layout")
        let sample = SampleArchive.layout()
        let archive = try openArchive(sample.write(to: directory))
        try expectTwoLayers(archive, names: ["a:1"])
        let image = try #require(try archive.images().first)
        #expect(image.manifest?.layers.map(\.digest) == image.layers.map(\.descriptor?.digest))
        try expectTwoLayers(openArchive(bytes: sample.tar), names: ["a:1"])
    }

    @Test(
        "compressed archives are read as well, by what is in them", arguments: ["gzip", "xz", "zstd", "bzip2", "lz4"])
    func compressed(program: String) throws {
        let result = try run([program, "-c"], input: SampleArchive.docker().tar)
        try #require(result.status == 0, "\(result.errors)")
        try expectTwoLayers(openArchive(bytes: result.output), names: ["a:1", "b:2"])
    }

    @Test("an archive comes through a pipe")
    func pipe() throws {
        var ends: [Int32] = [0, 0]
        try system("make pipe", "") { Glibc.pipe(&ends) }
        let reading = Descriptor(owning: ends[0])
        let writing = Descriptor(owning: ends[1])
        // Short enough for the pipe to hold it.
        try writing.write(SampleArchive.layout().tar)
        _ = consume writing
        try expectTwoLayers(openArchive(reading), names: ["a:1"])
    }

    @Test("an archive starts where the file stands")
    func position() throws {
        let file = try Files.open("/tmp", flags: 0o20_200_000 | O_RDWR, mode: 0o600)
        try file.write([1, 2, 3] + SampleArchive.layout().tar)
        lseek(file.raw, 3, SEEK_SET)
        try expectTwoLayers(openArchive(file), names: ["a:1"])
    }

    @Test("docker's older form, with the symlink that it makes for a layer it has already")
    func docker() throws {
        let archive = try openArchive(bytes: SampleArchive.docker().tar)
        try expectTwoLayers(archive, names: ["a:1", "b:2"])
        #expect(try archive.images().first?.manifest == nil)
    }

    @Test("docker's newer form is read as the layout that it is")
    func newDocker() throws {
        var sample = SampleArchive()
        let layers = [Array("one".utf8), Array("two".utf8)]
        let manifest = sample.image(layers)
        let name = "docker.io/library/a:1"
        sample.finish([
            manifest.descriptor(annotations: [
                "io.containerd.image.name": name, "org.opencontainers.image.ref.name": "1",
            ])
        ])
        sample.add(
            "manifest.json",
            SampleArchive.dockerManifest(
                config: SampleArchive.blobName(manifest.config.digest),
                layers: manifest.layers.map { SampleArchive.blobName($0.digest) }, tags: ["a:1"]))
        try expectTwoLayers(openArchive(bytes: sample.tar), names: [name])
        sample.remove("oci-layout")
        try expectTwoLayers(openArchive(bytes: sample.tar), names: ["a:1"])
    }

    @Test("of an image for several platforms the fitting one is taken, attestations never")
    func platforms() throws {
        var sample = SampleArchive()
        let all = ["linux/amd64", "linux/arm64", "linux/arm/v6", "linux/arm/v7", "windows/amd64"]
        var entries: [ContentDescriptor] = []
        for text in all {
            let platform = try Platform(parsing: text)
            entries.append(sample.image([Array(text.utf8)], platform: platform).descriptor(platform: platform))
        }
        let statement = sample.image([[0]], marked: "attestation")
        entries.append(
            statement.descriptor(
                platform: Platform(os: "unknown", architecture: "unknown"),
                annotations: ["vnd.docker.reference.type": "attestation-manifest"]))
        let nested = ImageIndex(manifests: entries)
        sample.blob(nested.bytes)
        sample.finish([
            ContentDescriptor(
                mediaType: .ociIndex, digest: nested.digest, size: Int64(nested.bytes.count),
                annotations: ["org.opencontainers.image.ref.name": "many:1"])
        ])
        let archive = try openArchive(bytes: sample.tar)
        for (wanted, found) in zip(all + ["linux/arm/v8"], all + ["linux/arm/v7"]) {
            let images = try archive.images(for: Platform(parsing: wanted))
            #expect(images.map(\.config.platform.description) == [found] && images.first?.names == ["many:1"])
        }
        #expect(try archive.images().map(\.config.platform) == [.host])
        let message =
            "read archive: x: 'many:1' has nothing for linux/s390x, only for "
            + "linux/amd64, linux/arm/v6, linux/arm/v7, linux/arm64, windows/amd64"
        do {
            _ = try archive.images(for: Platform(parsing: "s390x"))
            Issue.record("an image for another platform was taken")
        } catch { #expect("\(error)" == message) }
    }

    @Test("an image for another machine is taken where it is the only one and no platform was asked for")
    func onlyOne() throws {
        var sample = SampleArchive()
        let manifest = sample.image([[1]], platform: Platform(os: "linux", architecture: "s390x"))
        sample.finish([manifest.descriptor()])
        let archive = try openArchive(bytes: sample.tar)
        #expect(try archive.images().count == 1)
        #expect(throws: ImagesError.self) { try archive.images(for: .host) }
    }

    @Test("one image under two names is one, two images are two, a signature is none")
    func several() throws {
        var sample = SampleArchive()
        let (first, second) = (sample.image([[1]]), sample.image([[2]]))
        let config = ContentDescriptor(mediaType: .ociEmpty, digest: sample.blob(Array("{}".utf8)), size: 2)
        let signature = ImageManifest(config: config, layers: [])
        sample.blob(signature.bytes)
        func named(_ name: String, _ manifest: ImageManifest) -> ContentDescriptor {
            manifest.descriptor(annotations: ["org.opencontainers.image.ref.name": name])
        }
        sample.finish([
            named("a", first), named("sig", signature), named("b", second), named("c", first), second.descriptor(),
        ])
        let images = try openArchive(bytes: sample.tar).images()
        #expect(images.map(\.names) == [["a", "c"], ["b"]])
    }

    @Test(
        "names in archives become tags",
        arguments: [
            ("docker.io/library/debian:12", "debian:12"), ("docker.io/a/b", "a/b:latest"), ("debian", "debian:latest"),
            ("localhost/one:1", "one:1"), ("localhost:5000/one:1", "localhost:5000/one:1"),
            ("quay.io/a:1", "quay.io/a:1"),
            ("a:1@sha256:00", "a:1"), ("a@sha256:00", nil), ("index.docker.io/library/x:y", "x:y"),
        ] as [(String, String?)])
    func names(text: String, tag: String?) throws {
        #expect(try ImageReference.tag(text)?.description == tag)
    }

    @Test(
        "a tag's full name leads back to it", arguments: ["debian:12", "a/b:1", "localhost:5000/x:1", "quay.io/a/b:c"])
    func fullNames(text: String) throws {
        let tag = try TagName(parsing: text)
        #expect(try ImageReference.tag(ImageReference.full(tag)) == tag)
    }
}
