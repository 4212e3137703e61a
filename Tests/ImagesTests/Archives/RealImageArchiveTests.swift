import Glibc
import Images
import Linux
import Model
import Testbed
import Testing

/// Images that buildah makes of busybox, in a storage of the test's own: one layer, and two on the same base.
final class BuiltImages {
    static let one = "localhost/one:1"
    static let two = "example.com/two:2"

    let directory: TemporaryDirectory
    private let storage: String

    init() throws {
        directory = try TemporaryDirectory("images")
        storage = "--root '\(directory.path)/root' --runroot '\(directory.path)/runroot' --storage-driver vfs"
        try sh(
            """
            mkdir fs fs/bin && cp "$(command -v busybox)" fs/bin/busybox && ln -s busybox fs/bin/sh && echo hi >hi
            base=$(buildah $storage from scratch)
            buildah $storage add $base fs /
            buildah $storage config --cmd '["sh"]' --env A=b $base
            buildah $storage commit $base \(Self.one)
            next=$(buildah $storage from \(Self.one))
            buildah $storage copy $next hi /hi
            buildah $storage commit --format docker $next \(Self.two)
            """)
    }

    /// Runs a script beside the images. `$storage` are the options of buildah and podman.
    @discardableResult
    func sh(_ script: String) throws -> String {
        let result = try run(
            ["sh", "-ec", "cd '\(directory.path)'\nstorage=\"\(storage.replacing("'", with: ""))\"\n\(script)"],
            environment: ["XDG_RUNTIME_DIR": directory.path, "TMPDIR": directory.path])
        guard result.status == 0 else { throw Failure(script: script, errors: result.errors) }
        return result.text
    }

    func open(_ name: String) throws -> ImageArchive {
        try openArchive(Files.open(KernelPath(directory.file(name)), flags: O_RDONLY), named: name)
    }

    struct Failure: Error {
        let script: String
        let errors: String
    }

    deinit {
        // What can't be removed is left for the system's own cleaning of /tmp.
        _ = try? sh("buildah $storage rm --all; buildah $storage rmi --all --force")
    }
}

@Suite(
    "Image archives of other tools",
    .enabled(if: isRoot && hasTool("buildah") && hasTool("skopeo") && hasTool("podman") && hasTool("umoci")))
struct RealImageArchiveTests {
    /// Reads every layer, decompressed by gzip(1) where it is compressed, and compares it with its diffID.
    private func check(_ image: ArchivedImage, in archive: ImageArchive) throws {
        #expect(image.layers.count == image.config.diffIDs.count)
        for layer in image.layers {
            var bytes = try drain(archive.open(layer))
            #expect(bytes.count == Int(layer.size))
            if bytes.starts(with: [0x1f, 0x8b]) { bytes = try run(["gzip", "-dc"], input: bytes).output }
            #expect(Digest.sha256(of: bytes) == layer.diffID)
        }
    }

    @Test("podman's, buildah's and skopeo's archives and layouts are read alike")
    func all() throws {
        let images = try BuiltImages()
        try images.sh(
            """
            podman $storage save -q --format oci-archive -o podman-oci \(BuiltImages.two)
            podman $storage save -q --format docker-archive -m -o podman-docker \(BuiltImages.two) \(BuiltImages.one)
            podman $storage save -q --format oci-dir -o podman-dir \(BuiltImages.two)
            buildah $storage push -q \(BuiltImages.two) oci:layout:\(BuiltImages.two)
            buildah $storage push -q \(BuiltImages.one) oci:layout:\(BuiltImages.one)
            buildah $storage push -q \(BuiltImages.two) docker-archive:buildah-docker:\(BuiltImages.two)
            skopeo copy -q oci:layout:\(BuiltImages.two) oci-archive:skopeo-oci:\(BuiltImages.two)
            skopeo copy -q oci:layout:\(BuiltImages.two) docker-archive:skopeo-docker:\(BuiltImages.two)
            zstd -q skopeo-oci -o skopeo-zstd && xz -c skopeo-docker >skopeo-xz
            """)
        // From a layout's manifest the config may be written anew; what it says of the layers stays.
        var diffIDs: Set<[Digest]> = []
        for name in [
            "podman-oci", "podman-docker", "podman-dir", "layout", "buildah-docker", "skopeo-oci", "skopeo-docker",
            "skopeo-zstd", "skopeo-xz",
        ] {
            let archive = try images.open(name)
            let found = try archive.images()
            let image = try #require(found.first, "\(name)")
            #expect(image.names == [BuiltImages.two], "\(name)")
            #expect(found.count == (["podman-docker", "layout"].contains(name) ? 2 : 1), "\(name)")
            #expect(image.config.document.json["config"]?["Cmd"] == ["sh"], "\(name)")
            for image in found { try check(image, in: archive) }
            diffIDs.insert(image.config.diffIDs)
        }
        #expect(diffIDs.count == 1 && diffIDs.first?.count == 2)
    }

    @Test("layers that buildah, podman and skopeo wrote are rebuilt from their recipes, in each compression")
    func recipes() throws {
        let images = try BuiltImages()
        try images.sh(
            """
            buildah $storage push -q \(BuiltImages.two) oci:gzip:x
            buildah $storage push -q --disable-compression \(BuiltImages.two) oci:plain:x
            skopeo copy -q --dest-compress-format zstd --dest-compress oci:plain:x dir:zstd
            buildah $storage push -q \(BuiltImages.two) docker-archive:docker-archive:\(BuiltImages.two)
            podman $storage save -q --format docker-dir -o docker-dir \(BuiltImages.two)
            """)
        var diffIDs: [Set<Digest>] = []
        for directory in ["gzip/blobs/sha256", "plain/blobs/sha256", "zstd", "docker-archive", "docker-dir"] {
            try images.sh(
                "test -d \(directory) || { mkdir x && tar -xf \(directory) -C x && rm \(directory) && mv x \(directory); }"
            )
            let names = try images.sh("find \(directory) -type f")
            var found: Set<Digest> = []
            for name in names.split(separator: "\n") where !name.hasSuffix(".json") {
                let bytes = try fileBytes(images.directory.file(String(name)))
                guard let layer = try? ReadLayer(bytes: bytes) else { continue }
                let plain =
                    bytes.starts(with: [0x1f, 0x8b])
                    ? try filtered("gzip -dc", bytes)
                    : bytes.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) ? try filtered("zstd -dcq", bytes) : bytes
                #expect(try layer.rebuilt() == plain && layer.diffID == sha256(plain), "\(name)")
                found.insert(layer.diffID)
            }
            diffIDs.append(found)
        }
        #expect(diffIDs.allSatisfy { $0.count == 2 && $0 == diffIDs[0] }, "\(diffIDs)")
    }

    @Test("manifests and configs have the digests that skopeo names")
    func digests() throws {
        let images = try BuiltImages()
        try images.sh("buildah $storage push -q \(BuiltImages.two) oci:layout:x")
        let image = try #require(try images.open("layout").images().first)
        let manifest = try images.sh("skopeo inspect --raw oci:layout:x | sha256sum").prefix(64)
        let config = try images.sh("skopeo inspect --raw --config oci:layout:x | sha256sum").prefix(64)
        #expect(image.manifest.map { $0.digest.hex[...] } == manifest)
        #expect(image.config.digest.hex == config)
    }

    @Test(
        "skopeo and podman take what is written, with the same digests", arguments: ImageArchiveWriter.Format.allCases)
    func writing(format: ImageArchiveWriter.Format) throws {
        let images = try BuiltImages()
        try images.sh("buildah $storage push -q \(BuiltImages.two) oci:layout:\(BuiltImages.two)")
        let source = try images.open("layout")
        let image = try #require(try source.images().first)
        if format == .ociDirectory { try images.sh("mkdir out") }
        let path = KernelPath(images.directory.file("out"))
        let out =
            format == .ociDirectory
            ? try Files.openDirectory(path) : try Files.open(path, flags: O_RDWR | O_CREAT, mode: 0o600)
        let writer = try ImageArchiveWriter(writing: out, as: format, named: "out")
        for layer in image.layers {
            let bytes = try drain(source.open(layer))
            if format == .dockerArchive {
                let plain = try run(["gzip", "-dc"], input: bytes).output
                try writer.add(layer.diffID, size: UInt64(plain.count), reading: MemorySource(plain))
            } else {
                let digest = try #require(layer.descriptor?.digest)
                try writer.add(digest, size: layer.size, reading: MemorySource(bytes))
            }
        }
        try writer.finish([SavedImage(names: image.names, manifest: image.manifest, config: image.config)])

        let transport = ["oci-archive": "oci-archive", "oci-dir": "oci", "docker-archive": "docker-archive"]
        let reference = "\(try #require(transport[format.rawValue])):out:\(BuiltImages.two)"
        let config = try images.sh("skopeo inspect --raw --config \(reference) | sha256sum").prefix(64)
        #expect(image.config.digest.hex == config)
        if format != .dockerArchive {
            let manifest = try images.sh("skopeo inspect --raw \(reference) | sha256sum").prefix(64)
            #expect(image.manifest.map { $0.digest.hex[...] } == manifest)
        }
        try images.sh(
            "skopeo copy -q \(reference) oci:copied:x && umoci unpack --image copied:x unpacked && cmp hi unpacked/rootfs/hi"
        )
        let id = try images.sh(
            """
            buildah $storage rm --all >/dev/null; buildah $storage rmi --all --force >/dev/null
            podman $storage load -q -i out >/dev/null
            podman $storage image inspect --format '{{.Id}}' \(format == .ociDirectory ? "$(podman $storage images -q)" : BuiltImages.two)
            """)
        #expect(id.prefix(64) == image.config.digest.hex)
    }

    @Test("podman makes the same config of the same changes")
    func changes() throws {
        let images = try BuiltImages()
        let changes = [
            "CMD echo a b", #"ENTRYPOINT ["/bin/sh", "-c"]"#, "ENV A=c", "ENV C=e", "EXPOSE 80", "EXPOSE 53/udp",
            "USER joe:1", "LABEL l=m", "VOLUME /v", "WORKDIR /x", "ONBUILD RUN y",
        ]
        let options = changes.map { "-c '\($0)'" }.joined(separator: " ")
        try images.sh(
            """
            podman $storage create -q --name c --network none \(BuiltImages.two) sh >/dev/null
            podman $storage commit -q --format docker \(options) c localhost/changed:1 >/dev/null
            buildah $storage push -q \(BuiltImages.two) oci:before:x
            buildah $storage push -q --format v2s2 localhost/changed:1 docker-archive:after:localhost/changed:1
            podman $storage rm -f c >/dev/null
            """)
        let before = try #require(try images.open("before").images().first).config.document.json
        let parsed = try changes.map { try ConfigChange(parsing: $0) }
        let ours = try #require(try ConfigChange.apply(parsed, to: before)["config"])
        let theirs = try #require(try images.open("after").images().first?.config.document.json["config"])
        for key in ["Cmd", "Entrypoint", "User", "WorkingDir", "OnBuild"] {
            #expect(ours[key] == theirs[key], "\(key)")
        }
        for key in ["ExposedPorts", "Volumes"] {
            #expect(ours[key]?.canonical() == theirs[key]?.canonical(), "\(key)")
        }
        let environment = try #require(theirs["Env"]?.array)
        for entry in ["A=c", "C=e"] as [JSON] {
            #expect(environment.contains(entry) && ours["Env"]?.array?.contains(entry) == true)
        }
        #expect(ours["Labels"]?["l"] == "m" && theirs["Labels"]?["l"] == "m")
    }
}
