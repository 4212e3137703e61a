import ArgumentParser
import Engine
import Glibc
import Images
import Linux
import Model
import ObjectStore

struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Take images from an archive: layers become commits.",
        discussion: """
            Takes what 'docker save', 'podman save', skopeo, buildah and varve write: a docker-archive, an OCI archive or the \
            directory of an OCI layout, compressed or not, with one image or several. Each layer becomes a commit, the same \
            one on every machine, and nothing is unpacked. Prints the commit of each image.

            Examples:
              varve load -i web.tar
              varve load -i web.tar -t web:2
              varve load <web.tar
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var identity: IdentityOptions
    @Option(name: .joined("i"), help: "The archive or directory (default: standard input).") var input: String?
    @Option(name: .joined("t"), help: "The tag, in place of the name that the one image has.") var tag: String?
    @Option(help: "Of an image for several platforms: os/architecture[/variant].") var platform: String?
    @Flag(help: "Read layers that are there already, too: heals what 'varve fsck' found.") var reread = false
    @OptionGroup var limits: LayerLimitOptions

    func run() throws {
        var request = LoadRequest()
        request.tag = try tag.map { try TagName(parsing: $0) }
        request.platform = try platform.map { try Platform(parsing: $0) }
        request.limits = try limits.limits
        request.rereads = reread
        let source = input ?? "-"
        if source == "-", StandardInput.isTerminal {
            throw UsageError("load: standard input is a terminal", hints: ["name an archive with -i, or pipe one in"])
        }
        let file = try StandardInput.open(source)
        let repository = try options.repository()
        try Interruption.arm()
        let name = StandardInput.displayed(source)
        let progress = Progress(options, doing: "load \(name)")
        let images = try repository.load(
            file, named: name, request, by: try identity.signature(), progress: progress?.update)
        progress?.clear()
        let output = Output(options)
        for image in images {
            for tag in image.tags {
                options.say(image.isNew ? "\(tag) is now \(image.commit.short)" : "\(tag) is this image already")
            }
            output.line(image.commit.hex)
        }
        output.finish()
    }
}

/// What a layer may hold.
struct LayerLimitOptions: ParsableArguments {
    @Option(
        name: .customLong("max-layer-size"),
        help: "What a layer may unpack to, such as 20G (default: 4G, or 200 times its size; holes: 64G).")
    var size: String?
    @Option(name: .customLong("max-layer-entries"), help: "How many entries a layer may have (default: 1000000).")
    var entries: UInt64?

    var limits: LayerLimits {
        get throws {
            var limits = LayerLimits()
            if let entries { limits.entries = entries }
            limits.bytes = try size.map { text in
                guard let bytes = ByteCount.parse(text) else {
                    throw UsageError("read --max-layer-size: \(text): it is no size, such as 500M or 20G")
                }
                return bytes
            }
            return limits
        }
    }
}
