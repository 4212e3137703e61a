import ArgumentParser
import Engine
import Model
import ObjectStore

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show all that an image's config says, as JSON.",
        discussion: "Example:\n  varve inspect debian:12")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "Revisions or containers.") var revisions: [String]

    func run() throws {
        let repository = try options.repository()
        if revisions.isEmpty { throw UsageError("inspect: takes one revision or more") }
        let images = try revisions.map { Self.json(try repository.inspect($0)) }
        let output = Output(options)
        output.json(.array(images))
        output.finish()
    }

    private static func json(_ image: InspectedImage) -> JSON {
        func digest(_ digest: Digest?) -> JSON { digest.map { .string($0.description) } ?? .null }
        return [
            "commit": .string(image.commit.hex), "tags": .array(image.tags.map { .string($0.description) }),
            "parents": .array(image.parents.map { .string($0.hex) }), "imageID": digest(image.imageID),
            "manifest": digest(image.manifest), "layers": .array(image.diffIDs.map(digest)),
            "size": .integer(image.size), "config": image.config,
        ]
    }
}
