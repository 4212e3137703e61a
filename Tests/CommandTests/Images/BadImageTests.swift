import Testbed
import Testing

/// Images that nobody should take: one clear line, and nothing visible changes.
@Suite("Bad images", .enabled(if: hasImageTools))
struct BadImageTests {
    private static let blob = "'blobs/sha256/DIGEST'"

    /// Each with what stands behind `varve: ` on standard error.
    private static let refusals: [(archive: String, message: String)] = [
        ("digest-manifest", "read archive: digest-manifest: \(blob): its content has another digest"),
        ("digest-config", "read archive: digest-config: \(blob): its content has another digest"),
        ("digest-layer", "read archive: digest-layer: \(blob): its content has the digest sha256:DIGEST"),
        ("size-manifest", "read archive: size-manifest: \(blob): its size is N, and not N as was said"),
        ("size-config", "read archive: size-config: \(blob): its size is N, and not N as was said"),
        ("size-layer", "read archive: size-layer: \(blob): its size is N, and not N as was said"),
        ("short-layer", "read archive: short-layer: \(blob): its size is N, and not N as was said"),
        ("missing-manifest", "read archive: missing-manifest: \(blob): it is missing"),
        ("missing-config", "read archive: missing-config: \(blob): it is missing"),
        ("missing-layer", "read archive: missing-layer: \(blob): it is a layer of the image, and is missing"),
        ("symlink-manifest", "read archive: symlink-manifest: \(blob): it is a symlink, or lies behind one"),
        ("symlink-config", "read archive: symlink-config: \(blob): it is a symlink, or lies behind one"),
        ("symlink-layer", "read archive: symlink-layer: \(blob): it is a symlink, or lies behind one"),
        (
            "symlinks.tar",
            "read archive: symlinks.tar: \(blob): it is a symlink, and not to another layer of the archive"
        ),
        (
            "foreign",
            "read archive: foreign: \(blob): it is a layer that may not be passed on "
                + "(application/vnd.oci.image.layer.nondistributable.v1.tar+gzip), and is not in the archive"
        ),
        (
            "diff-ids-other",
            "read layer: diff-ids-other: layer ID: its content is sha256:DIGEST, and its config says sha256:DIGEST"
        ),
        (
            "diff-ids-few",
            "read image config: diff-ids-few: \(blob): its history has 2 steps with a layer, and 'rootfs.diff_ids' has 1"
        ),
        (
            "history-few",
            "read image config: history-few: \(blob): its history has 1 steps with a layer, and 'rootfs.diff_ids' has 2"
        ),
        (
            "history-many",
            "read image config: history-many: \(blob): its history has 2 steps with a layer, and 'rootfs.diff_ids' has 1"
        ),
        (
            "history-empty",
            "read image config: history-empty: \(blob): its history has 0 steps with a layer, and 'rootfs.diff_ids' has 1"
        ),
        ("truncated-gzip", "read archive: truncated-gzip: layer ID: the gzip data ends too early"),
        ("flipped-gzip", "read archive: flipped-gzip: layer ID: the gzip data is damaged"),
        ("tail-gzip", "read archive: tail-gzip: layer ID: the gzip data is damaged"),
        ("truncated-zstd", "read archive: truncated-zstd: layer ID: decompress: Truncated zstd input"),
        (
            "flipped-zstd",
            "read archive: flipped-zstd: layer ID: decompress: Zstd decompression failed: Restored data doesn't match checksum"
        ),
        (
            "tail-zstd",
            "read archive: tail-zstd: layer ID: decompress: Zstd decompression failed: Unknown frame descriptor"
        ),
        ("json-large", "read archive: json-large: \(blob): it is larger than N bytes"),
        ("index-large", "read archive: index-large: 'index.json': it is larger than N bytes"),
        ("config-large", "read archive: config-large: \(blob): it is larger than N bytes"),
        (
            "json-deep",
            "read image manifest: json-deep: \(blob): byte 89: more than 64 arrays and objects inside each other"
        ),
        ("json-twice", "read image manifest: json-twice: \(blob): byte 35: the key 'layers' stands twice in an object"),
        ("json-none", "read image manifest: json-none: \(blob): byte 0: a value should stand here"),
        (
            "json-cut",
            "read image manifest: json-cut: \(blob): byte 21: the text ends too early: a key in quotes should stand here"
        ),
        ("json-list", "read image manifest: json-list: \(blob): it is no JSON object"),
        (
            "schema1",
            "read image manifest: schema1: \(blob): it is of Docker's schema 1, which is no longer in use; "
                + "write the image anew with a current tool"
        ),
        ("version", "read image layout: version: 'oci-layout': its version is '2.0.0', and only 1.0.0 is known"),
        ("no-index", "read archive: no-index: it holds no image: neither an OCI layout nor a manifest.json"),
        ("no-layout", "read archive: no-layout: it holds no image: neither an OCI layout nor a manifest.json"),
        ("files.tar", "read archive: files.tar: it holds no image: neither an OCI layout nor a manifest.json"),
        ("none", "read archive: none: it holds no image, but nothing"),
        (
            "platforms",
            "read archive: platforms: 'bad:1' has nothing for linux/amd64, only for linux/arm64, linux/s390x, windows/amd64"
        ),
        ("bare-whiteout", "read archive: bare-whiteout: layer ID: entry 'd/.wh.': it is a whiteout of nothing"),
        (
            "file-parent",
            "read layer: file-parent: layer ID: entry '/f/inside': the way to it leads through 'f', which is no directory"
        ),
        ("nul", #"read archive: nul: layer ID: entry 'a\x00b': its name has a NUL"#),
        ("dotdot", "read archive: dotdot: layer ID: entry '../x': its name has a '..'"),
        ("inner-dotdot", "read archive: inner-dotdot: layer ID: entry 'a/../../x': its name has a '..'"),
        (
            "long",
            "read archive: long: layer ID: entry 'NAME…': its name is longer than 4095 bytes"
        ),
        ("self-link", "read archive: self-link: layer ID: entry 'a': it is a hard link to itself"),
        ("no-target", "read layer: no-target: layer ID: entry '/a': it is a hard link to /b, which is no file"),
        ("link-out", "read archive: link-out: layer ID: entry 'a': its link target has a '..'"),
        ("deep", "read layer: deep: layer ID: entry '/d/d/d': directories nest more than 512 deep below it"),
        ("loop", "read layer: loop: layer ID: entry '/a/x': the way to it leads through too many symlinks"),
        ("root-file", "read archive: root-file: layer ID: entry '.': its name is a directory's, and it is none"),
        ("text", "read archive: text: layer ID: this is no tar archive, compressed or not"),
        ("cut", "read archive: cut: layer ID: it is cut off at byte N"),
        ("cut.tar", "read archive: cut.tar: it is cut off at byte N"),
        ("cut.tar.gz", "read archive: cut.tar.gz: the gzip data ends too early"),
        ("empty.tar", "read archive: empty.tar: it is empty"),
        ("text.tar", "read archive: text.tar: this is no tar archive, compressed or not"),
        ("docker.tar", "read archive: docker.tar: 'manifest.json': '../../etc/passwd' is no name inside the archive"),
        ("nowhere", "open: nowhere: No such file or directory"),
        ("unnamed", "load: unnamed: its image ID has no name\nhint: give it one with -t NAME:TAG"),
        ("two -t new:1", "load: two: it has 2 images, and one tag was given for them"),
        (
            "good --platform linux/arm64",
            "read archive: good: 'bad:1' has nothing for linux/arm64, only for linux/amd64"
        ),
        (
            "bomb --max-layer-size 10M",
            "read archive: bomb: layer ID: N bytes of it unpack to more than N; --max-layer-size SIZE allows more"
        ),
        (
            "entries --max-layer-entries 999",
            "read archive: entries: layer ID: it has more than 999 entries; --max-layer-entries N allows more"
        ),
    ]

    /// Of the words of the command line.
    private static let usage: [(options: String, message: String)] = [
        ("--platform x", "read platform: x: it is no architecture that is known; say os/architecture"),
        (
            "--platform ''",
            "read platform: : a platform is os/architecture or os/architecture/variant, such as linux/arm64"
        ),
        ("-t ''", "read tag name: : the name is empty"),
        ("--max-layer-size huge", "read --max-layer-size: huge: it is no size, such as 500M or 20G"),
    ]

    private func box() throws -> Box {
        let box = try Box.forImages()
        try box.succeed("python3 $TOOLS/bad_images.py && varve -q load -i whiteout-of-nothing -t before:1")
        return box
    }

    /// Everything below the root, what is tagged, and what was done. The blob of a layer that was good by itself may stay
    /// until garbage is collected.
    private func whole(_ box: Box) throws -> String {
        try box.succeed("find r -printf '%p %s\\n' | sort; varve tag; varve op log")
    }

    private func refuses(_ box: Box, _ command: String, code: Int32, _ message: String) throws {
        let before = try whole(box)
        let result = try box.shell(command)
        let told = result.errors.replacing(/[0-9a-f]{64}/, with: "DIGEST").replacing(/\b[0-9a-f]{12}\b/, with: "ID")
            .replacing(/(size is|and not|larger than|cut off at byte|unpack to more than) [0-9]+/) { "\($0.1) N" }
            .replacing(/[0-9]+ bytes of it/, with: "N bytes of it").replacing(/[n\/]{100,}…/, with: "NAME…")
        #expect(told == "varve: \(message)\n", "\(command)")
        #expect(result.status == code && result.text == "", "\(command)")
        #expect(try whole(box) == before, "\(command) left something behind")
    }

    @Test("each is refused with its reason, and the repository is as it was")
    func refused() throws {
        let box = try box()
        for (archive, message) in Self.refusals {
            try refuses(box, "varve load -i \(archive)", code: archive == "unnamed" ? 2 : 3, message)
        }
        for (options, message) in Self.usage { try refuses(box, "varve load -i good \(options)", code: 2, message) }
        try box.succeed("varve -q fsck")
    }

    @Test("standard input that is closed, empty, or a terminal")
    func standardInput() throws {
        let box = try box()
        let empty = "read archive: standard input: it is empty"
        try refuses(box, "varve load </dev/null", code: 3, empty)
        try refuses(box, "varve load <&-", code: 3, empty)
        try refuses(
            box, "head -c 2000 good.tar | varve load", code: 3, "read archive: standard input: it is cut off at byte N")
        try box.transcript(
            """
            $ true | script -qec 'timeout 20 varve load; echo code $?' /dev/null | tr -d '\\r'
            varve: load: standard input is a terminal
            hint: name an archive with -i, or pipe one in
            code 2
            $ cat good.tar | varve -q load
            ID1
            """)
    }

    @Test("limits can be raised, and the help tells what they are")
    func limits() throws {
        let box = try box()
        try box.succeed(
            """
            set -e
            varve -q load -i bomb --max-layer-size 100M -t big
            varve -q load -i entries --max-layer-entries 1000 -t many
            varve -q load -i bomb -t big
            """)
        #expect(
            try box.succeed("varve load --help | tr -s ' \\n' ' '").contains(
                "(default: 4G, or 200 times its size; holes: 64G)"))
    }

    @Test("whiteouts of nothing are none")
    func whiteouts() throws {
        let box = try box()
        try box.succeed("varve -q load -i whiteout-of-nothing -t nothing")
        #expect(try box.succeed("varve ls nothing:/") == "")
        try box.succeed("varve -q fsck")
    }
}
