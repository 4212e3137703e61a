import ArgumentParser
import Engine
import Glibc
import Images
import Linux
import Model
import ObjectStore

struct SaveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Write images to an archive: commits become layers.",
        discussion: """
            An image that was loaded leaves with the digests it came with; each commit on it is one layer more. What the \
            format can't carry, a socket say, is named.

            Examples:
              varve save -o web.tar web:1
              varve save --format docker-archive -o all.tar debian:12 web:1
              varve save --format oci-dir -o layout web:1
              varve save --flatten --compression zstd:9 web:1 >web.tar
            """)

    @OptionGroup var options: GlobalOptions
    @Option(name: .joined("o"), help: "The archive, or the directory (default: standard output).") var output: String?
    @Option(help: "oci-archive (which docker takes too), oci-dir or docker-archive.") var format = "oci-archive"
    @Option(help: "gzip[:1-9], zstd[:1-19] or none: of layers that are made here.") var compression = "gzip"
    @Flag(help: "What was committed on the loaded image, or with --squash=REV after that, as one layer.") var squash =
        false
    @Option(name: .customLong("squash-since"), help: .hidden) var squashSince: String?
    @Flag(help: "One layer with everything.") var flatten = false
    @Flag(help: "Fail where a layer can't carry something.") var strict = false
    @Argument(help: "Tags, or other revisions.") var revisions: [String]

    func run() throws {
        var request = SaveRequest()
        request.isStrict = strict
        request.compression = try Self.compression(compression)
        request.format = try Self.format(format)
        switch (squash, squashSince, flatten) {
        case (false, nil, false): break
        case (true, nil, false): request.shape = .squashed(since: nil)
        case (false, let since?, false): request.shape = .squashed(since: since)
        case (false, nil, true): request.shape = .flat
        default: throw UsageError("save: --squash, --squash=REV and --flatten exclude each other")
        }
        if revisions.isEmpty { throw UsageError("save: takes one revision or more") }
        let repository = try options.repository()
        try Interruption.arm()
        let target = try ArchiveTarget(output, isDirectory: request.format == .ociDirectory)
        let result = try target.filling { descriptor in
            try repository.save(revisions, to: descriptor, named: target.name, request)
        }
        for leftOut in result.leftOut { options.say("left out: \(leftOut.path): \(leftOut.reason)") }
        for image in result.images {
            options.say(
                "\(image.tag?.description ?? image.commit.short): manifest \(image.manifest), config \(image.config)")
        }
    }

    private static func format(_ text: String) throws -> ImageArchiveWriter.Format {
        switch text {
        case "oci-archive": .ociArchive
        case "oci-dir": .ociDirectory
        case "docker-archive": .dockerArchive
        default:
            throw UsageError(
                "save: --format \(text): there is none", hints: ["it takes oci-archive, oci-dir or docker-archive"])
        }
    }

    private static func compression(_ text: String) throws -> LayerCompression {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let level = parts.count == 2 ? Int32(parts[1]) : nil
        switch (parts[0], parts.count, level) {
        case ("none", 1, _): return .none
        case ("gzip", 1, _): return .gzip(level: LayerCompression.gzipLevel)
        case ("gzip", 2, let level?) where (1...9).contains(level): return .gzip(level: level)
        case ("zstd", 1, _): return .zstd(level: 3)
        case ("zstd", 2, let level?) where (1...19).contains(level): return .zstd(level: level)
        default:
            throw UsageError(
                "save: --compression \(text): there is none", hints: ["it takes gzip[:1-9], zstd[:1-19] or none"])
        }
    }
}
