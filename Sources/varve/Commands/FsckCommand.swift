import ArgumentParser
import Engine
import Glibc
import Model
import ObjectStore

struct FsckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck", abstract: "Check that all that is stored is what it was.",
        discussion: """
            Reads everything and compares it with its ids and digests. Each problem is one line that names what is \
            damaged, and the commits and paths that it affects. Exits with 1 where there are problems.

            What is damaged heals when it comes again: import, load or commit the same files once more.

            Example:
              varve fsck
            """)

    @OptionGroup var options: GlobalOptions
    @Flag(help: "Remove damaged caches, which are made again when they are needed.") var repair = false
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false

    func run() throws {
        let repository = try options.repository()
        try Interruption.arm()
        let start = Progress.milliseconds()
        let progress = StepProgress(options)
        let result = try repository.check(repairs: repair) { step in
            switch step {
            case .objects(let done, let total): progress.step("checking \(done) of \(total) objects")
            case .bodies(let done): progress.step("checking bodies: \(ByteCount.text(done))")
            case .commits(let done, let total): progress.step("checking \(done) of \(total) commits")
            case .files: progress.step("checking files")
            }
        }
        progress.clear()
        let output = Output(options)
        if isJSON {
            output.json(result.json)
        } else {
            for problem in result.problems { output.line(problem.text) }
        }
        output.finish()
        let milliseconds = UInt64(max(1, Progress.milliseconds() - start))
        options.say(
            "checked \(result.objects) objects, \(result.bodies) bodies and \(result.commits) commits: "
                + "\(ByteCount.text(result.bytes)), \(ByteCount.text(result.bytes * 1000 / milliseconds)) a second")
        if result.problems.contains(where: { !$0.places.isEmpty }) {
            options.say("importing or loading the same files again brings back what is damaged or missing")
        }
        if !result.problems.allSatisfy(\.isRepaired) { throw Exit(1) }
    }
}

extension Problem {
    /// `debian:12~3 and 4 more: /usr/bin/foo: body 1234…: why`.
    fileprivate var text: String {
        var parts: [String] = []
        if let first = places.first {
            let others = Set(places.map(\.commit)).count - 1
            parts.append(others == 0 ? first.name : "\(first.name) and \(others) more")
            let paths = Set(places.compactMap(\.path)).count
            if let path = first.path { parts.append(paths > 1 ? "\(path) and \(paths - 1) more" : "\(path)") }
        }
        parts += [damage.subject, damage.reason]
        return parts.joined(separator: ": ") + (isRepaired ? " (removed)" : "")
    }

    fileprivate var json: JSON {
        [
            "subject": .string(damage.subject), "reason": .string(damage.reason), "repaired": .bool(isRepaired),
            "places": .array(
                places.map { place in
                    var members: [JSON.Member] = [
                        .init("commit", .string(place.commit.hex)), .init("name", .string(place.name)),
                    ]
                    if let path = place.path { members += ChangeForms.path(path, "path") }
                    return .object(members)
                }),
        ]
    }
}

extension CheckResult {
    fileprivate var json: JSON {
        [
            "problems": .array(problems.map(\.json)),
            "checked": [
                "objects": .integer(objects), "bodies": .integer(bodies), "commits": .integer(commits),
                "layers": .integer(layers), "blobs": .integer(blobs), "images": .integer(images),
                "containers": .integer(containers), "bytes": .integer(bytes),
            ],
        ]
    }
}
