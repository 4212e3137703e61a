import ArgumentParser
import Engine
import Glibc
import Model

struct VolumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volume", abstract: "Keep files that outlive containers.",
        discussion:
            "Examples:\n  varve volume create data\n  varve run --rm -v data:/srv debian:12 true\n  varve volume ls",
        subcommands: [
            VolumeCreateCommand.self, VolumeListCommand.self, VolumeInspectCommand.self, VolumeRemoveCommand.self,
            VolumePruneCommand.self,
        ])
}

struct VolumeCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a volume.",
        discussion: "One that is there already stays as it is.\n\nExample:\n  varve volume create --label of=shop data")

    @OptionGroup var options: GlobalOptions
    @Option(help: "Give it a label: NAME=VALUE, or NAME.") var label: [String] = []
    @Argument(help: "Its name (default: made up).") var name: String?

    func run() throws {
        let labels = try label.map { text in
            guard let label = Label(parsing: text) else {
                throw UsageError("read --label: \(text): it has no name")
            }
            return label
        }
        let volume = try options.repository().createVolume(name, labels: labels)
        let output = Output(options)
        output.line(volume.name)
        output.finish()
    }
}

struct VolumeListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List volumes.",
        discussion: """
            Filters: name= (a part of it), label=NAME[=VALUE], dangling=true (no container has it).

            Examples:
              varve volume ls
              varve volume ls -q --filter dangling=true
            """)

    // -q prints names alone here, as in docker.
    @OptionGroup var options: GlobalOptions
    @Option(name: [.customShort("f", allowingJoined: true), .customLong("filter")], help: "Only those: KEY=VALUE.")
    var filter: [String] = []
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false

    func run() throws {
        let filters = try Filters(filter, keys: ["name", "label", "dangling"], command: "volume ls")
        let isDangling = try filters.flag("dangling", command: "volume ls")
        let uses = try options.repository().volumes().filter { use in
            filters.admits("name") { use.volume.name.contains($0) } && filters.admits(labels: use.volume.labels)
                && isDangling.map { $0 == use.containers.isEmpty } ?? true
        }
        let output = Output(options)
        if isJSON {
            output.json(.array(uses.map(\.json)))
        } else if options.isQuiet {
            for use in uses { output.line(use.volume.name) }
        } else {
            var table = Table(["VOLUME NAME", "CREATED", "USED BY"])
            for use in uses {
                table.add([use.volume.name, Age.of(use.volume.created), use.containers.joined(separator: ", ")])
            }
            table.print(to: output)
        }
        output.finish()
    }
}

struct VolumeInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show all about volumes, as JSON.",
        discussion: "Example:\n  varve volume inspect data")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The volumes.") var names: [String]

    func run() throws {
        let repository = try options.repository()
        let uses = try names.map { try repository.volume($0) }
        let output = Output(options)
        output.json(.array(uses.map(\.json)))
        output.finish()
    }
}

struct VolumeRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove volumes with all that is in them.",
        discussion: "One that a container has is refused.\n\nExample:\n  varve volume rm data")

    @OptionGroup var options: GlobalOptions
    @Flag(name: .shortAndLong, help: "Let those pass that there are not.") var force = false
    @Argument(help: "The volumes.") var names: [String]

    func run() throws {
        let removed = try options.repository().removeVolumes(names, ignoringMissing: force)
        for volume in removed { options.say("removed \(volume.name)") }
    }
}

struct VolumePruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove the volumes that nobody named and no container has.",
        discussion: "Filters: label=NAME[=VALUE].\n\nExamples:\n  varve volume prune -f\n  varve volume prune -f --all")

    @OptionGroup var options: GlobalOptions
    @Flag(name: .shortAndLong, help: "Do not ask.") var force = false
    @Flag(name: .shortAndLong, help: "Those with names too.") var all = false
    @Option(help: "Only those: KEY=VALUE.") var filter: [String] = []

    func run() throws {
        let filters = try Filters(filter, keys: ["label"], command: "volume prune")
        if !force {
            let which = all ? "all volumes" : "all volumes without a given name"
            StandardError.write("Remove \(which) that no container has, with what is in them? [y/N] ")
            guard ["y", "Y", "yes"].contains(readLine() ?? "") else { throw Exit(1) }
        }
        let pruned = try options.repository().pruneVolumes {
            (all || $0.isAnonymous) && filters.admits(labels: $0.labels)
        }
        let output = Output(options)
        for volume in pruned.volumes { output.line(volume.name) }
        output.finish()
        options.say("freed: \(ByteCount.text(pruned.bytes))")
    }
}

extension VolumeUse {
    fileprivate var json: JSON {
        [
            "name": .string(volume.name), "created": .integer(volume.created),
            "labels": .object(volume.labels.map { .init($0.name, .string($0.value)) }),
            "anonymous": .bool(volume.isAnonymous), "mountPoint": .string(mountPoint),
            "containers": .array(containers.map { .string($0) }),
        ]
    }
}
