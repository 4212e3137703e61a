import Model

/// A piece of a container's output: a line with its end, or a part of one that is longer than 16 KiB.
public struct LogEntry: Sendable, Hashable {
    public let text: [UInt8]
    /// Whether it was written to standard error.
    public let isErrors: Bool
    public let time: Timestamp

    /// Reads a line of the log in Docker's json-file form. Nil for anything else.
    init?(parsing line: ArraySlice<UInt8>) {
        guard let json = try? JSON(parsing: line), let text = json["log"]?.string,
            let time = json["time"]?.string.flatMap(Timestamp.init(rfc3339:))
        else { return nil }
        self.text = Array(text.utf8)
        isErrors = json["stream"]?.string == "stderr"
        self.time = time
    }
}
