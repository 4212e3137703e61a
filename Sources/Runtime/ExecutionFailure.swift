import Glibc
import Linux
import Model

extension Specification.Process {
    /// The paths to try for the program, as execvp(3) would: in the order of `PATH`, where an empty entry is the
    /// working directory.
    var candidates: [[UInt8]] {
        guard let program = arguments.first?.bytes else { return [] }
        if program.isEmpty || program.contains(UInt8(ascii: "/")) { return [program] }
        let variable = environment.first { $0.hasPrefix("PATH=") }
        let path = variable.map { Array($0.bytes.dropFirst(5)) } ?? Array(Self.defaultPath.utf8)
        return path.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
            ($0.isEmpty ? Array("./".utf8) : Array($0) + [UInt8(ascii: "/")]) + program
        }
    }

    private static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

/// Why a container's program can't be executed, in a person's terms.
struct ExecutionFailure {
    let error: RuntimeError

    /// - Parameter kind: of what the container sees at a path, nil where nothing is there.
    init(_ process: Specification.Process, _ errno: Errno, _ kind: (BytePath) -> FileKind?) {
        let program = process.arguments.first ?? ""
        let isMissing = errno == .noEntry || errno == .notDirectory
        var found: [FileKind] = []
        for candidate in process.candidates {
            let isAbsolute = candidate.first == UInt8(ascii: "/")
            let path = isAbsolute ? candidate : process.workingDirectory.bytes + [UInt8(ascii: "/")] + candidate
            if let path = BytePath(parsing: path), let kind = kind(path) { found.append(kind) }
        }
        var cause = errno.description
        var hint: String?
        switch errno {
        case .noEntry where found.contains(.regular): cause = "the interpreter or loader that it names is not there"
        case .noEntry where !program.bytes.contains(UInt8(ascii: "/")) && !program.bytes.isEmpty:
            cause = "no such program in the container's PATH"
        case .accessDenied where found.last == .directory: cause = "it is a directory"
        case .accessDenied where found.contains(.regular): hint = "a program needs permission to be executed: chmod +x"
        case Errno(rawValue: ENOEXEC):
            hint = "a script begins with '#!' and its interpreter, a program is made for this machine"
        default: break
        }
        error = RuntimeError(
            isMissing ? .notFound : .notExecutable, "execute", program.bytes.isEmpty ? "''" : program.displayed, cause,
            hint: hint)
    }
}
