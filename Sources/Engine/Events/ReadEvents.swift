import Glibc
import Linux
import Model

/// Reads the log of events from its beginning on, as far as it is still there, and then what is added.
///
/// Who does not call ``next()`` while as much is written as both files hold loses what was in between.
public final class EventReader {
    private let log: EventLog
    private let watch: FileWatch
    private var files: [OpenLog]

    /// A file of the log, and what was read of it that is no whole line yet.
    private final class OpenLog {
        let file: Descriptor
        let inode: UInt64
        var rest: [UInt8] = []

        init(_ path: String) throws(SystemError) {
            file = try Files.open(KernelPath(path), flags: O_RDONLY | O_NOFOLLOW)
            inode = try file.status().inode
        }

        /// The lines that were added since the last call.
        func lines() throws(SystemError) -> [[UInt8]] {
            rest += try file.readAll()
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
            let lines = rest[..<end].split(separator: UInt8(ascii: "\n")).map { Array($0) }
            rest.removeSubrange(...end)
            return lines
        }
    }

    init(_ log: EventLog) throws {
        self.log = log
        try log.makeDirectory()
        // Before anything is read, so that nothing is missed.
        watch = try FileWatch.of(directory: KernelPath(log.directory))
        files = []
        try reopen()
    }

    /// Opens those files of the log that are not open yet, the older first.
    private func reopen() throws(SystemError) {
        // Nobody renames them meanwhile.
        let lock = try log.lock()
        defer { withExtendedLifetime(lock) {} }
        for path in [log.previous, log.current] {
            guard let status = try Files.statusIfPresent(KernelPath(path)) else { continue }
            if !files.contains(where: { $0.inode == status.inode }) { files.append(try OpenLog(path)) }
        }
    }

    /// The events since the last call. Lines that no event of this version stands on are passed over.
    public func next() throws -> [Event] {
        var events = try read()
        if try Files.statusIfPresent(KernelPath(log.current))?.inode != files.last?.inode {
            try reopen()
            events += try read()
            // To what has another after it nothing is added any more: whoever writes has the lock.
            files.removeFirst(max(0, files.count - 1))
        }
        return events
    }

    private func read() throws -> [Event] {
        var events: [Event] = []
        for file in files {
            for line in try file.lines() {
                guard let json = try? JSON(parsing: line), let event = Event(json: json) else { continue }
                events.append(event)
            }
        }
        return events
    }

    /// Waits until something may have been added.
    /// - Parameter milliseconds: how long at most; nil for ever.
    public func wait(atMost milliseconds: Int32?) throws { _ = try watch.wait(atMost: milliseconds) }
}

extension Repository {
    /// The log of events, from its beginning on.
    public func events() throws -> EventReader { try EventReader(EventLog(root: root)) }
}
