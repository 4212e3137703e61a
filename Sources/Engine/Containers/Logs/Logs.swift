import Linux
import Model

/// What of a container's output is asked for.
public struct OutputRequest: Sendable {
    /// Entries before this time, and after that one, are left out.
    public var since: Timestamp?
    public var until: Timestamp?
    /// How many of the last entries; nil for all.
    public var tail: Int?
    /// Whether what comes is waited for, until the container has ended.
    public var follows = false
    /// Where it goes: when nobody reads that any more, nothing more is waited for.
    public var output: Int32?

    public init() {}
}

extension Repository {
    /// Shows what a container has written, the oldest first.
    /// - Parameters:
    ///   - show: takes an entry.
    ///   - pause: called when all that is there was shown.
    public func logs(
        of container: Container, _ request: OutputRequest, show: (LogEntry) throws -> Void, pause: () throws -> Void
    ) throws {
        guard container.configuration.lifecycle.log.isKept else {
            throw EngineError.refused("read log", subject: container.name, reason: "its log driver 'none' keeps none")
        }
        let reader = LogReader(
            path: files(of: container.id).log, count: container.configuration.lifecycle.log.maximumFiles)
        func read() throws {
            try reader.read { entry in
                if let since = request.since, entry.time < since { return }
                if let until = request.until, entry.time > until { return }
                try show(entry)
            }
            try pause()
        }
        guard request.follows, let run = try observe(container) else {
            try reader.start(tail: request.tail)
            return try read()
        }
        // Watched before anything is read, so that nothing is missed.
        let changes = try RunWatch(run, directory: files(of: container.id).directory)
        try reader.start(tail: request.tail)
        while true {
            // Asked before reading: what was written by then is read.
            let hasEnded = try changes.run.keeper.hasEnded()
            try read()
            if hasEnded { return }
            if let until = request.until, Timestamp.clock() > until { return }
            if try !changes.wait(writingTo: request.output) { return }
        }
    }
}

/// Reads the files of a log, those of the past first, and goes with their names as they change.
final class LogReader {
    private let path: String
    /// How many files there are at most.
    private let count: Int
    /// The one that is read, and those after it.
    private var files: [LogFile] = []

    init(path: String, count: Int) {
        self.path = path
        self.count = count
    }

    private func name(_ number: Int) -> String { number == 0 ? path : "\(path).\(number)" }

    /// Opens what is there. The newest comes first: what is renamed meanwhile is met again then, and not missed.
    func start(tail: Int?) throws {
        for number in 0..<count {
            guard let file = try LogFile(name(number)), file.inode != files.first?.inode else { continue }
            files.insert(file, at: 0)
        }
        guard var wanted = tail else { return }
        for index in files.indices.reversed() {
            wanted -= try files[index].seekBack(lines: wanted)
        }
    }

    func read(_ body: (LogEntry) throws -> Void) throws {
        func entries(of file: LogFile) throws {
            try file.lines { line in if let entry = LogEntry(parsing: line) { try body(entry) } }
        }
        while let file = files.first {
            try entries(of: file)
            if files.count == 1, try !openNext(after: file) { return }
            // Nothing is added to a file that has another after it, but perhaps was before that came.
            try entries(of: file)
            files.removeFirst()
        }
        // There was none yet.
        try start(tail: nil)
        if !files.isEmpty { try read(body) }
    }

    /// - Returns: false where it is the newest.
    private func openNext(after file: LogFile) throws -> Bool {
        var later: [LogFile] = []
        for number in 0..<count {
            guard let next = try LogFile(name(number)) else { continue }
            if next.inode == file.inode { break }
            if next.inode != later.first?.inode { later.insert(next, at: 0) }
        }
        files += later
        return !later.isEmpty
    }
}
