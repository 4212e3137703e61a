import Glibc
import Linux
import Model

/// A fresh directory below `$TMPDIR` or `/tmp`, removed with all that is in it when the value goes away.
public final class TemporaryDirectory {
    public let path: String

    public init(_ label: String = "test") throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/varve-\(label)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("make directory", base, .last) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        // What can't be removed is left for the system's own cleaning of /tmp.
        _ = try? run(["rm", "-rf", "--one-file-system", path])
    }

    public func file(_ name: String) -> String { "\(path)/\(name)" }
}
