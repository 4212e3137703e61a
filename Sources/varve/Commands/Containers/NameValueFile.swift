import Glibc
import Linux
import Model

/// The files of `--env-file` and `--label-file`: a line a name and value, as docker reads them. Empty lines and those that
/// begin with `#` say nothing; white space in front is passed over.
enum NameValueFile {
    /// - Parameter flag: what named the file, for messages.
    static func lines(of path: String, for flag: String) throws -> [String] {
        var bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.open(KernelPath(path), flags: O_RDONLY | O_NOCTTY).readAll(limit: 16 << 20)
        } catch { throw UsageError("read \(flag): \(path): \(error.cause)") }
        // Some editors begin a file with U+FEFF, which is none of the first name.
        if bytes.starts(with: "\u{feff}".utf8) { bytes.removeFirst(3) }
        return try bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
            .compactMap { number, line in try read(line, "read \(flag): \(path): line \(number + 1)") }
    }

    private static func read(_ line: ArraySlice<UInt8>, _ place: String) throws -> String? {
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        guard let text = String(validating: line, as: UTF8.self), !text.utf8.contains(0) else {
            throw UsageError("\(place) is not UTF-8")
        }
        let trimmed = String(text.trimmingPrefix { $0 == " " || $0 == "\t" })
        if trimmed.isEmpty || trimmed.hasPrefix("#") { return nil }
        let name = trimmed.prefix { $0 != "=" }
        guard !name.isEmpty, !name.contains(where: \.isWhitespace) else {
            throw UsageError("\(place): '\(name)' is no name")
        }
        return trimmed
    }
}
