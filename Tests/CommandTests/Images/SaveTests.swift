import Testbed
import Testing

extension Box {
    /// Two commits on `hand:1`, whose tag is `own`: of a container, and of a directory with what containers seldom make.
    func makeOwnCommits() throws {
        try makeRichImages()
        try succeed(
            """
            set -e
            varve -q load -i hand >/dev/null
            varve -q tag own hand:1
            varve -q run --name work own sh -c '
                set -e
                PATH=/bin
                busybox rm -r /etc/conf.d /srv/old /usr/bin/su
                busybox mkdir -p /etc/conf.d /srv/old && echo mine >/etc/conf.d/mine && echo in >/srv/old/inside
                echo through >/lib/more && busybox ln /lib/more /srv/more
                busybox chmod 4711 /usr/bin/wall && busybox chown 12:13 /etc/acl && busybox mkfifo /srv/new-fifo'
            varve -q commit work -m 'first of two' >/dev/null
            varve -q checkout own files
            ln files/usr/lib/libc.so files/srv/fourth-name
            rm -r files/srv/old && touch -d '1950-01-01 00:00:00.7' files/srv/old
            setfattr -n user.note -v b files/etc
            mv files/usr/bin/wall files/usr/local-wall
            SOURCE_DATE_EPOCH=1700000001 varve -q import -m 'second of two' own files >/dev/null
            """)
    }
}

/// Commits made here leave as layers that other tools see the same files in.
@Suite("Saving", .enabled(if: hasImageTools))
struct SaveTests {
    /// Makes an OCI layout `copy` with gzip layers of a saved archive: umoci knows no zstd, and skopeo doesn't turn it into
    /// gzip for a layout unless it passes through a directory.
    private static let copy = """
        rm -rf copy plain
        skopeo copy -q --dest-decompress $saved dir:plain && skopeo copy -q dir:plain oci:copy:image
        """

    @Test("every format and compression has the files that varve has, one layer more a commit")
    func formats() throws {
        let box = try Box.forImages()
        try box.makeOwnCommits()
        var configs: Set<String> = []
        for (format, transport) in [
            ("oci-archive", "oci-archive"), ("oci-dir", "oci"), ("docker-archive", "docker-archive"),
        ] {
            for compression in ["gzip", "zstd:19", "none"] {
                try box.succeed("rm -rf out; varve -q save --format \(format) --compression \(compression) -o out own")
                let digests = try box.digests("\(transport):out")
                configs.insert(digests.config)
                #expect(digests.diffIDs.split(separator: " ").count == 3)
                try box.succeed("saved=\(transport):out\n\(Self.copy)")
                try box.expectUnpacks("own", as: "copy:image")
            }
        }
        #expect(configs.count == 1)
    }

    @Test("layers put together have the same files")
    func shapes() throws {
        let box = try Box.forImages()
        try box.makeOwnCommits()
        for (shape, count) in [("--squash", 2), ("--squash=own~1", 3), ("--squash=own~3", 2), ("--flatten", 1)] {
            try box.succeed("varve -q save \(shape) -o out.tar own")
            let digests = try box.digests("oci-archive:out.tar")
            #expect(digests.diffIDs.split(separator: " ").count == count, "\(shape)")
            try box.succeed("saved=oci-archive:out.tar\n\(Self.copy)")
            try box.expectUnpacks("own", as: "copy:image")
        }
        try box.refuses(
            "varve save --squash=hand:2 -o new.tar own", code: 3, "varve: save: id1: it is not in the history of id2")
        try box.refuses(
            "varve save --squash --flatten -o new.tar own", code: 2,
            "varve: save: --squash, --squash=REV and --flatten exclude each other")
        #expect(try box.succeed("ls new.tar* 2>/dev/null || true") == "")
    }

    @Test("two repositories with the same history write the same bytes, on any number of processors")
    func machines() throws {
        let box = try Box.forImages()
        try box.makeOwnCommits()
        try box.succeed(
            """
            set -e
            varve -q checkout own~1 first
            for root in one two; do
                varve() { command varve -q --root $root "$@" >/dev/null; }
                varve load -i hand && varve tag own hand:1
                varve import -m 'first of two' own first
                SOURCE_DATE_EPOCH=1700000001 varve import -m 'second of two' own files
            done
            """)
        for options in ["", "--format docker-archive", "--compression zstd", "--compression gzip:1", "--flatten"] {
            try box.succeed(
                """
                set -e
                varve -q --root one save \(options) -o one.tar own hand:2
                taskset -c 0 varve -q --root one save \(options) -o same.tar own hand:2
                varve -q --root two save \(options) -o two.tar own hand:2
                cmp one.tar same.tar && cmp one.tar two.tar
                """)
        }
    }

    @Test("what a layer can't carry is named, or with --strict the end of it")
    func leftOut() throws {
        let box = try Box.forImages()
        try box.succeed(
            """
            varve -q import own base >/dev/null
            cd base; touch .wh.odd; mkdir -p d/.wh.dir; touch d/.wh.dir/inner
            python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
            cd ..; varve -q import own base >/dev/null
            """)
        try box.transcript(
            """
            $ varve save -o out.tar own 2>&1 | grep 'left out'
            left out: /.wh.odd: in a layer a name that begins with .wh. tells of a removed file
            left out: /d/.wh.dir: in a layer a name that begins with .wh. tells of a removed file
            left out: /socket: tar has no form for sockets
            $ varve export own 2>&1 >out.tar
            ! left out: /socket: tar has no form for sockets
            $ varve -q save -o out.tar own
            """.replacing("! left", with: "left"))
        for format in ["oci-archive", "oci-dir", "docker-archive"] {
            try box.refuses(
                "varve save --strict --format \(format) -o strict own", code: 3,
                "varve: save: /.wh.odd: in a layer a name that begins with .wh. tells of a removed file")
        }
        try box.refuses(
            "varve save --strict own", code: 3,
            "varve: save: /.wh.odd: in a layer a name that begins with .wh. tells of a removed file")
        #expect(try box.succeed("ls -A | grep strict || true") == "")
    }

    @Test("a kept blob that is damaged does not leave, whatever names it", arguments: ["sha256", "sha512"])
    func damagedBlob(algorithm: String) throws {
        let box = try Box.forImages()
        try box.makeRichImages()
        try box.succeed(
            """
            python3 - hand \(algorithm) <<'END'
            import hashlib, json, os, sys
            layout, algorithm = sys.argv[1:]
            def path(digest): return layout + "/blobs/" + digest.replace(":", "/")
            def load(digest): return json.load(open(path(digest)))
            def store(name, data):
                digest = name + ":" + hashlib.new(name, data).hexdigest()
                os.makedirs(os.path.dirname(path(digest)), exist_ok=True)
                open(path(digest), "wb").write(data)
                return {"digest": digest, "size": len(data)}
            index = json.load(open(layout + "/index.json"))
            index["manifests"] = index["manifests"][:1]
            manifest = load(index["manifests"][0]["digest"])
            for layer in manifest["layers"]:
                layer.update(store(algorithm, open(path(layer["digest"]), "rb").read()))
            index["manifests"][0].update(store("sha256", json.dumps(manifest).encode()))
            json.dump(index, open(layout + "/index.json", "w"))
            END
            varve -q load -t kept:1 -i hand >/dev/null && varve -q save -o whole.tar kept:1
            """)
        let blob = try box.succeed("find $VARVE_ROOT/blobs/\(algorithm) -type f | head -n 1")
        #expect(!blob.isEmpty)
        try box.succeed(
            "f=\(blob); chmod u+w $f; printf X | dd of=$f bs=1 seek=20 conv=notrunc status=none; chmod u-w $f")
        let result = try box.shell("varve -q save -o damaged.tar kept:1")
        #expect(result.status == 3)
        #expect(result.errors.contains("varve load --reread"), "\(result.errors)")
        #expect(try box.shell("test -e damaged.tar").status == 1)
    }

    @Test("two loads of one archive at once both end well")
    func concurrentLoads() throws {
        let box = try Box.forImages()
        try box.makeRichImages()
        for turn in 0..<4 {
            try box.succeed(
                """
                varve -q --root r\(turn) init
                varve -q --root r\(turn) load -i hand >one & first=$!
                varve -q --root r\(turn) load -i hand >two && wait $first && cmp one two
                """)
        }
    }
}
