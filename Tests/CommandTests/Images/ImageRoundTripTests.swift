import Testbed
import Testing

/// What is loaded leaves as it came, and has the files that other tools see in it.
@Suite("Images there and back", .enabled(if: hasImageTools))
struct ImageRoundTripTests {
    /// Prints the commit of the last step of a history in JSON.
    private static let newest = "import json, sys; print(json.load(sys.stdin)[0][\"commit\"])"

    /// Loads a layout of images `NAME:1` to `NAME:12`, compares the files of each with what umoci unpacks, and saves it in
    /// all formats.
    private func check(_ layout: String, _ prefix: String, _ name: String, in box: Box) throws {
        let ids = try box.succeed("varve -q load -i \(layout)")
        #expect(ids.split(separator: "\n").count == 12)
        try box.succeed("varve fsck -q")
        let log = try box.succeed("varve op log")
        #expect(try box.succeed("varve -q load -i \(layout)") == ids)
        #expect(try box.succeed("varve op log") == log)
        for count in 1...12 {
            let came = try box.digests("oci:\(layout):\(prefix)\(name):\(count)")
            #expect(came.diffIDs.split(separator: " ").count == count)
            try box.succeed("rm -rf out out.tar; varve -q save --format oci-dir -o out \(name):\(count)")
            #expect(try box.digests("oci:out") == came)
            if count % 5 != 1 { continue }
            try box.succeed("varve -q save \(name):\(count) >out.tar")
            #expect(try box.digests("oci-archive:out.tar") == came)
            try box.succeed("varve -q save --format docker-archive -o out.tar \(name):\(count)")
            let docker = try box.digests("docker-archive:out.tar")
            #expect(docker.config == came.config && docker.diffIDs == came.diffIDs)
        }
    }

    private func checkFiles(_ layout: String, _ prefix: String, _ name: String, in box: Box) throws {
        for count in 1...12 { try box.expectUnpacks("\(name):\(count)", as: "\(layout):\(prefix)\(name):\(count)") }
    }

    @Test("of layers that have in them what other tools lose", arguments: ["gzip", "none"])
    func byHand(compression: String) throws {
        let box = try Box.forImages()
        try box.makeRichImages(compression: compression)
        try check("hand", "", "hand", in: box)
        if compression == "gzip" { try checkFiles("hand", "", "hand", in: box) }
    }

    @Test("the compression of a layer is none of what its commit says")
    func compressions() throws {
        let box = try Box.forImages()
        for compression in ["zstd", "gzip", "none"] {
            try box.makeRichImages(compression: compression, in: compression)
            let came = try box.digests("oci:\(compression):hand:12")
            try box.succeed(
                "varve -q load -i \(compression); varve -q save --format oci-dir -o out-\(compression) hand:12")
            #expect(try box.digests("oci:out-\(compression)") == came)
        }
        #expect(try box.succeed("varve tag | wc -l") == "12")
        #expect(
            try box.succeed("varve log --oneline hand:12@{0} | tail -n +2")
                == box.succeed("varve log --oneline hand:12@{2} | tail -n +2"))
    }

    @Test("made by buildah", .enabled(if: hasTool("buildah")))
    func buildah() throws {
        let box = try Box.forImages()
        defer { _ = try? box.shell("buildah --root storage --runroot run rm --all") }
        try box.succeed("sh $TOOLS/build_images.sh .")
        try check("layout", "localhost/", "made", in: box)
        try checkFiles("layout", "localhost/", "made", in: box)

        // Other forms of the image give the same commits for the same layers.
        let layers = try box.succeed("varve log --oneline made:12~1")
        let storage = "--root $PWD/storage --runroot $PWD/run --storage-driver overlay"
        for push in [
            "localhost/made:12 oci-archive:other.tar:localhost/made:12",
            "localhost/made:12 docker-archive:other.tar:localhost/made:12",
            "--compression-format zstd localhost/made:12 oci-archive:other.tar:localhost/made:12",
        ] {
            try box.succeed("rm -f other.tar; buildah \(storage) push -q \(push); varve -q load -i other.tar -t other")
            #expect(try box.succeed("varve log --oneline other~1") == layers)
            #expect(
                try box.succeed("varve merge-base other made:11")
                    == box.succeed("varve history --json made:11 | python3 -c '\(Self.newest)'"))
            if push.contains("oci-archive") {
                try box.succeed("varve -q save -o saved.tar other")
                #expect(try box.digests("oci-archive:saved.tar") == box.digests("oci-archive:other.tar"))
            }
        }

        // Without the compressed layers the image keeps its id and its diffIDs, whatever happens to its manifest.
        let came = try box.digests("oci:layout:localhost/made:12")
        try box.succeed("varve -q gc --drop-blobs; varve fsck -q; rm -f saved.tar; varve -q save -o saved.tar made:12")
        let left = try box.digests("oci-archive:saved.tar")
        #expect(left.config == came.config && left.diffIDs == came.diffIDs)
        // Loading the image again brings them back.
        try box.succeed("varve -q load -i layout; varve -q save -o saved.tar made:12")
        #expect(try box.digests("oci-archive:saved.tar") == came)
    }
}
