import ArgumentParser
import Glibc
import Linux
import Model

/// What an OCI runtime says: to standard error, and to a log that an engine reads.
struct OCILog {
    enum Format: String, ExpressibleByArgument {
        /// `time="2026-11-01T15:30:12Z" level=error msg="…"`
        case text
        /// `{"level":"error","msg":"…","time":"2026-11-01T15:30:12Z"}`
        case json
    }

    enum Level: String {
        case debug, warning, error
    }

    /// Nil for standard error alone.
    var path: String?
    var format: Format = .text
    /// Whether it takes what only helps to find mistakes.
    var isDetailed = false

    func write(_ level: Level, _ message: String) {
        if level == .debug, !isDetailed { return }
        let time = Timestamp(seconds: Int64(Glibc.time(nil)), nanoseconds: 0).rfc3339 ?? ""
        if let path {
            append(line(level, message, time), to: path)
            if level == .debug { return }
        } else if format == .json {
            return StandardError.write(line(level, message, time))
        }
        StandardError.write("varve: \(level == .error ? "" : "\(level.rawValue): ")\(message)\n")
    }

    private func line(_ level: Level, _ message: String, _ time: String) -> String {
        switch format {
        case .json:
            let entry: JSON = ["level": .string(level.rawValue), "msg": .string(message), "time": .string(time)]
            return "\(entry)\n"
        case .text: return "time=\"\(time)\" level=\(level.rawValue) msg=\(JSON.string(message))\n"
        }
    }

    /// In one write, so that lines of several processes stay whole.
    private func append(_ line: String, to path: String) {
        do throws(SystemError) {
            let file = try Files.open(KernelPath(path), flags: O_WRONLY | O_APPEND | O_CREAT, mode: 0o644)
            try file.write(Array(line.utf8))
        } catch { StandardError.write("varve: write log: \(path): \(error.cause)\n") }
    }
}
