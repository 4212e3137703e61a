import CSeccomp
import Crypto
import Glibc
import Linux
import Model

/// Compiled filters in a directory: reading one takes 0.05 ms where compiling it takes 5 ms and more.
///
/// Whoever can write to the directory decides what containers may do, as whoever can write to the repository does.
public struct SeccompCache: Sendable {
    private let directory: String

    /// - Parameter directory: made when missing, for its owner alone.
    public init(directory: String) { self.directory = directory }

    /// How many filters are kept; a new one above that takes all others away.
    private static let most = 64

    /// The compiled filter, from the cache where that has it whole.
    public func program(for filter: Specification.Seccomp) throws(RuntimeError) -> SeccompProgram {
        let path = "\(directory)/\(Self.key(filter))"
        let program = try doing("read seccomp filter", path) { () throws(SystemError) in
            try Files.contentsIfPresent(path).flatMap(Self.decoded)
        }
        if let program { return program }
        let compiled = try SeccompProgram(compiling: filter)
        // A cache: on a full disk or a read-only filesystem it is compiled again, and nothing else is lost.
        do throws(SystemError) { try keep(compiled, at: path) } catch {}
        return compiled
    }

    private func keep(_ program: SeccompProgram, at path: String) throws(SystemError) {
        try Files.makeDirectories(directory, mode: 0o700)
        let all = try Files.openDirectory(KernelPath(directory))
        let names = try Files.names(in: all)
        if names.count >= Self.most {
            for name in names { try Files.removeAll(KernelPath(name), in: all.reference) }
        }
        // Several may be at this at once.
        let temporary = KernelPath("\(path).\(getpid()).new")
        let file = try Files.open(temporary, flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
        try file.write(Self.encoded(program))
        try Files.rename(temporary, to: KernelPath(path))
    }

    /// Everything that the compiled filter depends on, as a file name.
    private static func key(_ filter: Specification.Seccomp) -> String {
        var system = utsname()
        uname(&system)
        let release = withUnsafeBytes(of: system.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let library = seccomp_version().pointee
        var lines = [
            "varve seccomp 1", release, "\(library.major).\(library.minor).\(library.micro) \(seccomp_arch_native())",
            "\(filter.defaultAction) \(filter.defaultErrno.map { "\($0)" } ?? "-")",
            filter.architectures.joined(separator: " "), filter.flags.joined(separator: " "),
        ]
        for rule in filter.rules {
            let conditions = rule.conditions.map { "\($0.index) \($0.comparison) \($0.value) \($0.valueTwo)" }
            lines.append("\(rule.action) \(rule.errno.map { "\($0)" } ?? "-") \(conditions.joined(separator: ";"))")
            lines.append(rule.names.joined(separator: "\0"))
        }
        return Array(SHA256.hash(data: Array(lines.joined(separator: "\n").utf8))).hex
    }

    // MARK: - The file: flags, 4 bytes as the machine has them; the instructions; SHA-256 of all that.

    private static func encoded(_ program: SeccompProgram) -> [UInt8] {
        let content = withUnsafeBytes(of: program.flags) { Array($0) } + program.bytes
        return content + Array(SHA256.hash(data: content))
    }

    /// Nil where the file is not whole, after a power cut, say.
    private static func decoded(_ bytes: [UInt8]) -> SeccompProgram? {
        guard bytes.count > 36 else { return nil }
        let content = Array(bytes.dropLast(32))
        guard Array(SHA256.hash(data: content)) == Array(bytes.suffix(32)) else { return nil }
        let flags = content.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
        return SeccompProgram(bytes: Array(content.dropFirst(4)), flags: flags)
    }
}
