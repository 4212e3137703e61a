import Testbed
import Testing

extension Box {
    /// The directory of the scripts that make and compare images, beside the tests' modules.
    private static let tools = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/Tools"

    /// A box for images: `$TOOLS` are the scripts, and other tools keep what they store in the box.
    static func forImages() throws -> Box {
        let box = try Box(imported: false)
        box.environment.merge(
            ["TOOLS": tools, "XDG_RUNTIME_DIR": box.path, "TMPDIR": box.path, "PYTHONDONTWRITEBYTECODE": "1"]
        ) { $1 }
        return box
    }

    /// Writes the images `hand:1` to `hand:12`, of so many layers, into the layout `hand`.
    func makeRichImages(compression: String = "gzip", in directory: String = "hand") throws {
        try succeed("python3 $TOOLS/rich_layers.py \(directory) \(compression) base/bin/busybox")
    }

    /// Two directories have the same files with the same attributes.
    /// - Parameter without: attributes that are known to differ.
    func expectSameFiles(
        _ one: String, _ other: String, without: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let options = without.map { "--without \($0) " }.joined()
        let result = try shell("python3 $TOOLS/compare_trees.py \(options)\(one) \(other)")
        #expect(
            result.status == 0, "\(one) and \(other) differ: \(result.text)\(result.errors)",
            sourceLocation: sourceLocation)
    }

    /// The files of a revision as varve has them and as umoci unpacks an image are the same.
    /// - Parameter image: as umoci takes it: a layout's directory, a colon, the name in it.
    func expectUnpacks(
        _ revision: String, as image: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try succeed(
            "rm -rf theirs ours; umoci --log error unpack --image \(image) theirs; varve checkout \(revision) ours",
            sourceLocation: sourceLocation)
        try expectSameFiles("ours", "theirs/rootfs", sourceLocation: sourceLocation)
    }

    /// What skopeo says of an image: the digest of its manifest, and that of its config.
    func digests(_ reference: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> ImageDigests {
        let text = try succeed(
            """
            skopeo inspect --raw \(reference) | sha256sum | cut -c 1-64
            skopeo inspect --raw --config \(reference) | sha256sum | cut -c 1-64
            skopeo inspect --raw --config \(reference) |
                python3 -c 'import json, sys; print(*json.load(sys.stdin)["rootfs"]["diff_ids"])'
            """, sourceLocation: sourceLocation)
        let lines = text.split(separator: "\n").map(String.init)
        try #require(lines.count == 3, "\(reference)", sourceLocation: sourceLocation)
        return ImageDigests(manifest: lines[0], config: lines[1], diffIDs: lines[2])
    }
}

struct ImageDigests: Equatable {
    let manifest: String
    let config: String
    let diffIDs: String
}

/// Whether the programs are there that images are made of and looked at with.
let hasImageTools = isRoot && ["python3", "skopeo", "umoci"].allSatisfy(hasTool)

func hasTool(_ name: String) -> Bool { (try? run([name, "--help"])) != nil }
