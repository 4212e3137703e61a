import Glibc
import Linux
import Model

/// How a run ended, as it stands in the file `running` (docs/containers.md, "The end of a run"): there before anything else
/// tells of the end, and for whoever has the file open even when the container is gone.
struct RunRecord: Hashable {
    var run: UInt64
    /// The exit code, or 128 + the signal.
    var code: Int32
    /// The signal that ended the first process; 0 for none.
    var signal: Int32
    var time: Timestamp

    /// What is told of it in events.
    var attributes: [Event.Attribute] {
        [Event.Attribute("exitCode", "\(code)")] + (signal > 0 ? [Event.Attribute("signal", "\(signal)")] : [])
    }

    /// Each record has its place, and takes that of the run 64 runs earlier.
    private static let size = 64
    private static let count: UInt64 = 64

    private static func offset(_ run: UInt64) -> UInt64 { run % count * UInt64(size) }

    /// Makes room for the end of a run, so that a full disk has some.
    static func prepare(_ run: UInt64, in lock: borrowing FileLock) throws(SystemError) {
        let blank = [UInt8](repeating: UInt8(ascii: " "), count: size - 1) + [UInt8(ascii: "\n")]
        try lock.write(blank, at: offset(run))
    }

    /// Nil where the run goes on, or nobody could tell of its end.
    static func read(_ run: UInt64, from file: borrowing Descriptor) throws(SystemError) -> RunRecord? {
        let text = String(decoding: try file.read(upTo: size, at: offset(run)), as: UTF8.self)
        let fields = text.split { $0 == " " || $0 == "\n" }
        guard fields.count == 5, UInt64(fields[0]) == run, let code = Int32(fields[1]), let signal = Int32(fields[2]),
            let seconds = Int64(fields[3]), let nanoseconds = UInt32(fields[4])
        else { return nil }
        return RunRecord(
            run: run, code: code, signal: signal, time: Timestamp(seconds: seconds, nanoseconds: nanoseconds))
    }

    func write(to lock: borrowing FileLock) throws(SystemError) {
        var text = Array("\(run) \(code) \(signal) \(time.seconds) \(time.nanoseconds)".utf8)
        text += [UInt8](repeating: UInt8(ascii: " "), count: Self.size - 1 - text.count) + [UInt8(ascii: "\n")]
        try lock.write(text, at: Self.offset(run))
    }
}
