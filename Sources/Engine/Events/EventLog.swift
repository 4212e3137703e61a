import Glibc
import Linux
import Model

/// The log of events: `events/log`, a line of JSON each, and `events/log.1` before it (docs/architecture.md).
///
/// When `log` has grown to its limit it becomes `log.1`, and what was `log.1` is forgotten. Nothing is flushed: a power cut may
/// take the last events.
struct EventLog {
    let directory: String
    /// How many bytes a file may have before the next event goes into a new one.
    var limit: UInt64 = 1 << 20

    init(root: String) { directory = "\(root)/events" }

    var current: String { "\(directory)/log" }
    var previous: String { "\(directory)/log.1" }

    /// Adds a line by one write, under the log's lock: it comes after all that were added before.
    func append(_ event: Event) throws(SystemError) {
        try append(Array(event.json.serialized()) + [UInt8(ascii: "\n")])
    }

    private func append(_ line: [UInt8]) throws(SystemError) {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        let file = try open()
        let size = try file.status().size
        guard size >= limit else { return try Self.write(line, to: file, size: size) }
        try Files.rename(KernelPath(current), to: KernelPath(previous))
        try Self.write(line, to: try open(), size: 0)
    }

    /// A line that was written in part, on a full disk, would spoil the next one too.
    private static func write(_ line: [UInt8], to file: borrowing Descriptor, size: UInt64) throws(SystemError) {
        do throws(SystemError) { try file.write(line) } catch {
            let raw = file.raw
            try system("shorten", "log of events") { ftruncate(raw, off_t(size)) }
            throw error
        }
    }

    private func open() throws(SystemError) -> Descriptor {
        try Files.open(KernelPath(current), flags: O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, mode: 0o600)
    }

    /// Held for the moment of a write or of opening the files.
    func lock() throws(SystemError) -> FileLock {
        do throws(SystemError) { return try FileLock.acquire("\(directory)/lock") } catch {
            guard error.errno == .noEntry else { throw error }
        }
        try makeDirectory()
        return try FileLock.acquire("\(directory)/lock")
    }

    func makeDirectory() throws(SystemError) {
        do throws(SystemError) { try Files.makeDirectory(KernelPath(directory), mode: 0o700) } catch {
            if error.errno != .exists { throw error }
        }
    }
}
