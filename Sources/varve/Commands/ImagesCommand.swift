import ArgumentParser
import Engine
import Model
import ObjectStore

struct ImagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images", abstract: "List tags with what their files take.",
        discussion: "Example:\n  varve images")

    @OptionGroup var options: GlobalOptions
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false

    func run() throws {
        let images = try options.repository().images()
        let output = Output(options)
        if isJSON {
            output.json(
                .array(
                    images.map { image in
                        [
                            "tag": .string(image.name.description), "commit": .string(image.commit.hex),
                            "created": .integer(image.created), "size": .integer(image.size),
                        ]
                    }))
        } else {
            var table = Table(["NAME", "TAG", "COMMIT", "CREATED", "SIZE"])
            for image in images {
                table.add([
                    image.name.name, image.name.tag, image.commit.short, Age.of(image.created),
                    ByteCount.text(image.size),
                ])
            }
            table.print(to: output)
        }
        output.finish()
    }
}
