import Images
import Model
import Testbed
import Testing

@Suite("Bad image documents")
struct BadDocumentTests {
    private func refused(_ work: () throws(ImagesError) -> Void) -> String? {
        do throws(ImagesError) { try work() } catch {
            #expect(!error.description.contains("\n") && error.subject == "x")
            return error.reason
        }
        return nil
    }

    private func manifest(_ bytes: [UInt8], as type: MediaType? = nil) -> String? {
        refused { () throws(ImagesError) in _ = try ImageManifest(parsing: bytes, named: "x", as: type) }
    }

    private func index(_ bytes: [UInt8], as type: MediaType? = nil) -> String? {
        refused { () throws(ImagesError) in _ = try ImageIndex(parsing: bytes, named: "x", as: type) }
    }

    private func config(_ bytes: [UInt8]) -> String? {
        refused { () throws(ImagesError) in _ = try ImageConfig(parsing: bytes, named: "x") }
    }

    @Test("a document of both kinds is refused, and one that is not what it was referred to as")
    func confusion() {
        let both = Sample.manifest.with("manifests", [])
        #expect(manifest(both.serialized()) == "it has the members of a manifest and of an index")
        #expect(
            index(Sample.index.with("layers", []).serialized()) == "it has the members of a manifest and of an index")
        #expect(
            manifest(Sample.manifest.serialized(), as: .dockerManifest)?.contains("and was referred to as") == true)
        #expect(index(Sample.manifest.serialized())?.contains("not what should stand here") == true)
        #expect(manifest(Sample.index.serialized())?.contains("not what should stand here") == true)
    }

    @Test("schema 1 is refused by its number and by its media type")
    func schema1() {
        let signed: JSON = "application/vnd.docker.distribution.manifest.v1+prettyjws"
        for bytes in [
            Sample.manifest.with("schemaVersion", 1).serialized(),
            Sample.manifest.with("mediaType", signed).serialized(),
            Array(#"{"schemaVersion":1,"name":"a","tag":"b","fsLayers":[],"history":[]}"#.utf8),
        ] {
            #expect(manifest(bytes)?.contains("Docker's schema 1") == true)
        }
    }

    @Test(
        "a member that is missing, of another kind or out of range is named",
        arguments: [
            ("schemaVersion", 3, "its schemaVersion is not 2"), ("schemaVersion", nil, "'schemaVersion' is missing"),
            ("schemaVersion", "2", "'schemaVersion' is no integer"), ("layers", nil, "'layers' is missing"),
            ("layers", [:], "'layers' is no list"), ("layers", [1], "'layers[0]' is no object"),
            ("config", nil, "'config' is missing"),
            ("annotations", ["a": 1], "'annotations' has a value that is no string"),
            ("layers", [Sample.descriptor("text/plain", size: -1)], "'layers[0].size' is negative"),
            ("layers", [Sample.descriptor("text plain")], "'text plain' is no media type"),
            ("layers", [Sample.descriptor("text/plain").with("digest", "md5:00")], "neither sha256 nor sha512"),
            (
                "layers", [Sample.descriptor("text/plain").with("digest", "sha256:../x")],
                "64 lowercase hexadecimal digits"
            ),
            (
                "layers", [Sample.descriptor("text/plain").with("size", .number("1e3"))],
                "'layers[0].size' is no integer"
            ),
            ("Layers", [], "'Layers' should be spelt 'layers'"),
            ("layer\u{17f}", [], "should be spelt 'layers'"),
        ] as [(String, JSON?, String)])
    func members(key: String, value: JSON?, reason: String) throws {
        let found = try #require(manifest(Sample.manifest.with(key, value).serialized()))
        #expect(found.contains(reason), "\(found)")
    }

    @Test(
        "a config's members likewise",
        arguments: [
            ("rootfs", nil, "'rootfs' is missing"), ("os", nil, "'os' is missing"), ("os", 1, "'os' is no string"),
            ("rootfs", ["type": "tree", "diff_ids": []], "'rootfs.type' is not 'layers'"),
            ("rootfs", ["type": "layers", "diff_ids": ["x"]], "a digest is an algorithm"),
            ("created", "yesterday", "no time as RFC 3339"),
            ("config", ["Env": "A=b"], "'config.Env' is no list of strings"),
            ("history", [["empty_layer": true]], "history has 0 steps with a layer, and 'rootfs.diff_ids' has 1"),
            ("history", [[:], [:]], "history has 2 steps with a layer, and 'rootfs.diff_ids' has 1"),
        ] as [(String, JSON?, String)])
    func configMembers(key: String, value: JSON?, reason: String) throws {
        let found = try #require(config(Sample.config.with(key, value).serialized()))
        #expect(found.contains(reason), "\(found)")
    }

    @Test("more layers or history than any image has")
    func counts() {
        let layers = [JSON](repeating: .string("\(Sample.diff)"), count: 1001)
        let many = Sample.config.with("history", nil).with("rootfs", ["type": "layers", "diff_ids": .array(layers)])
        #expect(config(many.serialized()) == "it has 1001 layers, more than 1000")
        let steps = [JSON](repeating: ["empty_layer": true], count: 10_001)
        #expect(
            config(Sample.config.with("history", .array(steps)).serialized())
                == "its history has 10001 steps, more than 10000")
    }

    @Test("a platform that would write to the terminal", arguments: ["os", "architecture", "variant"])
    func platforms(key: String) {
        let bad = Sample.config.with(key, "linux\u{1b}[2J").serialized()
        #expect(config(bad) == #"'\#(key)' is 'linux\x1b[2J', which is no platform's"#)
    }

    @Test("too long, too deep, twice the same key, and what is no JSON")
    func shapes() {
        let long = [UInt8](repeating: 0x20, count: ImageManifest.maximumByteCount + 1)
        #expect(manifest(long) == "it is larger than 4194304 bytes")
        #expect(index(long) == "it is larger than 4194304 bytes")
        #expect(
            config([UInt8](repeating: 0x20, count: ImageConfig.maximumByteCount + 1))
                == "it is larger than 16777216 bytes")
        let deep = Array(String(repeating: "[", count: 100_000).utf8)
        #expect(manifest(deep)?.contains("inside each other") == true)
        #expect(config(Array(#"{"os":"linux","os":"linux"}"#.utf8))?.contains("stands twice") == true)
        for text in ["", "null", "[]", "{", "\u{feff}{}", "{}{}"] {
            #expect(
                manifest(Array(text.utf8)) != nil && index(Array(text.utf8)) != nil && config(Array(text.utf8)) != nil)
        }
    }

    @Test("damaged documents give a document or one clear line")
    func fuzz() {
        var random = SplitMix(seed: 11)
        var read = 0
        for _ in 0..<documentFuzzRounds {
            let seed = [Sample.manifest, Sample.index, Sample.config].randomElement(using: &random) ?? Sample.config
            let bytes = mutated(seed.serialized(), using: &random)
            for result in [manifest(bytes), index(bytes), config(bytes)] where result == nil { read += 1 }
        }
        #expect(read > documentFuzzRounds / 50)
    }
}

/// How often the fuzz test of documents tries. A debug build does about 2,500 a second.
private let documentFuzzRounds = 5_000

/// Text with a few bytes changed, taken out or doubled; half of what is put in is JSON's own punctuation.
func mutated(_ seed: [UInt8], using random: inout SplitMix) -> [UInt8] {
    var bytes = seed
    let punctuation = Array("{}[]\",:\\0-1e.nul \u{0}".utf8)
    for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, place + Int.random(in: 1...20, using: &random))
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[place] = punctuation.randomElement(using: &random) ?? 0
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
        default: bytes.insert(punctuation.randomElement(using: &random) ?? 0, at: place)
        }
    }
    return bytes
}
