import Glibc
import Linux
import Model

/// For whoever alone can put on record what has happened, such as a supervisor whose container has ended: on a full disk it waits
/// until there is room, however long that takes, and then tells so in the container's log.
struct RecordingPatience {
    /// Milliseconds before the first and the longest before any other try.
    private static let delays = (first: Int64(100), longest: Int64(10_000))
    private var delay = Self.delays.first
    private(set) var failures = 0
    private(set) var lastFailure: SystemError?

    /// Returns when it is to be tried again.
    mutating func wait(after error: SystemError) {
        (failures, lastFailure) = (failures + 1, error)
        usleep(useconds_t(delay * 1000))
        delay = min(delay * 2, Self.delays.longest)
    }
}

extension Repository {
    /// Tells in the container's log that something went on record late, if it did.
    /// - Parameter what: such as "the end of run 3".
    func tell(_ patience: RecordingPatience, of container: Container, _ what: String) {
        guard let failure = patience.lastFailure else { return }
        let tries = patience.failures == 1 ? "one attempt" : "\(patience.failures) attempts"
        let text = "varve: \(what) could not be put on record for \(tries): \(failure)"
        do { try log(text, of: container) } catch { warned("write log: \(container.name): \(error)") }
    }

    /// Adds a line to what the container has written to its standard error. Nobody else writes to its log.
    private func log(_ text: String, of container: Container) throws {
        guard container.configuration.lifecycle.log.isKept else { return }
        let entry: JSON = [
            "log": .string("\(text)\n"), "stream": "stderr",
            "time": Timestamp.clock().rfc3339.map { .string($0) } ?? .null,
        ]
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW
        let file = try Files.open(KernelPath(files(of: container.id).log), flags: flags, mode: 0o640)
        let size = try file.status().size
        do throws(SystemError) { try file.write(entry.serialized() + [UInt8(ascii: "\n")]) } catch {
            // Half an entry would spoil the next one.
            try file.resize(to: size)
            throw error
        }
    }
}
