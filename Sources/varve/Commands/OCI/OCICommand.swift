import ArgumentParser
import Glibc
import Runtime

/// varve as an OCI runtime, with runc's commands and flags. It opens no repository.
struct OCICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oci", abstract: "Run containers from OCI bundles, as engines ask a runtime to.",
        discussion: """
            Also by the name varve-oci, for engines: podman --runtime /usr/local/bin/varve-oci run …

            Options of all commands stand in front of the command: varve oci --root DIR list. Exits with 1 where it fails; \
            run and exec exit as the process did, and exec with 255 where it fails.

            Examples:
              varve oci spec --bundle bundle
              varve oci list
            """,
        version: "varve-oci version \(Version.current)\nspec: \(Specification.version)",
        subcommands: [
            OCICreate.self, OCIStart.self, OCIState.self, OCIKill.self, OCIDelete.self, OCIRun.self, OCIExec.self,
            OCIList.self, OCIPause.self, OCIResume.self, OCIProcesses.self,
            OCIEvents.self, OCIUpdate.self, OCISpec.self, OCIFeatures.self,
        ])

    /// Runs what was typed, and ends the process.
    static func main(_ words: OCIWords) -> Never {
        do {
            try StandardStreams.occupy()
            try Varve.requireUTF8()
            try words.check()
            var command = try Varve.parseAsRoot(words.sorted)
            words.log.write(.debug, "do: \(words.sorted.joined(separator: " "))")
            try command.run()
            words.log.write(.debug, "done: \(words.sorted.joined(separator: " "))")
            Glibc.exit(0)
        } catch { OCIReport.exit(for: error, words) }
    }
}
