import ArgumentParser
import Engine
import Model
import ObjectStore

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show all about containers and images, as JSON.",
        discussion: """
            A name that is a container's means the container, any other the image of a revision, unless --type tells.

            Examples:
              varve inspect debian:12
              varve inspect work
              varve inspect --type image work
            """)

    @OptionGroup var options: GlobalOptions
    @Option(help: "What is meant: 'container' or 'image', that of a container's base too.") var type: String?
    @Argument(help: "Containers or revisions.") var names: [String]

    func run() throws {
        if names.isEmpty { throw UsageError("inspect: takes one container or revision, or more") }
        if let type, !["container", "image"].contains(type) {
            throw UsageError(
                "inspect: --type \(type): it takes 'container' or 'image'",
                hints: ["there are also 'varve volume inspect' and 'varve network inspect'"])
        }
        let repository = try options.repository()
        let documents = try names.map { try document($0, in: repository) }
        let output = Output(options)
        output.json(.array(documents))
        output.finish()
    }

    private func document(_ name: String, in repository: Repository) throws -> JSON {
        switch type {
        case "container": return ContainerForm.json(try repository.inspect(try repository.container(name)))
        case nil:
            if let container = try repository.containerIfPresent(name) {
                return ContainerForm.json(try repository.inspect(container))
            }
        default: break
        }
        return Self.json(try repository.inspect(name))
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
