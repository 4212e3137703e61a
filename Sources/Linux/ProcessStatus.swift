import Glibc

/// What the kernel tells of a process in one line (proc(5), /proc/pid/stat).
public struct ProcessStatus: Sendable, Hashable {
    public let parent: Int32
    /// When it was started, in clock ticks since the machine was.
    public let startTime: UInt64

    /// Nil where no process has the number.
    public init?(of pid: Int32) throws(SystemError) {
        let text: [UInt8]
        do throws(SystemError) {
            text = try Files.open(KernelPath("/proc/\(pid)/stat"), flags: O_RDONLY).readAll(limit: 4096)
        } catch {
            if error.errno == .noEntry || error.errno == .noSuchProcess { return nil }
            throw error
        }
        // The name before may hold blanks and parentheses of its own. The first field behind it is the third.
        let rest = text.lastIndex(of: UInt8(ascii: ")")).map { text[($0 + 1)...] } ?? []
        let fields = rest.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
        guard fields.count > 19, let parent = Int32(fields[1]), let startTime = UInt64(fields[19]) else {
            throw SystemError("read", "/proc/\(pid)/stat", .invalid)
        }
        (self.parent, self.startTime) = (parent, startTime)
    }
}
