import ArgumentParser
import Engine
import Linux
import Model

struct MountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mount", abstract: "Mount a commit read-only.",
        discussion: """
            'varve gc' keeps its files until 'varve umount', or until the machine starts again.

            Example:
              varve mount debian:12~1 /mnt
            """)

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The commit.") var revision: String
    @Argument(help: "An existing directory.") var directory: String

    func run() throws {
        let repository = try options.repository()
        try repository.mount(try repository.resolve(revision), at: directory)
    }
}

struct UmountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "umount", abstract: "Take a mounted commit away.", discussion: "Example:\n  varve umount /mnt")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The directory.") var directory: String

    func run() throws { try Repository.unmount(directory, root: options.rootPath) }
}

struct CheckoutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkout", abstract: "Write a commit out as plain files, with every attribute.",
        discussion: "Example:\n  varve checkout debian:12 /srv/debian")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The commit.") var revision: String
    @Argument(help: "A directory that is empty or does not exist.") var directory: String

    func run() throws {
        let repository = try options.repository()
        let commit = try repository.resolve(revision)
        try Interruption.arm()
        try repository.checkOut(commit, to: directory)
    }
}
