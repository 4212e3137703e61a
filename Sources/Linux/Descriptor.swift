import CLinux
import Glibc

/// An open file descriptor that closes itself.
public struct Descriptor: ~Copyable, Sendable {
    public let raw: Int32

    /// Takes ownership of `raw`.
    public init(owning raw: Int32) { self.raw = raw }

    deinit { close(raw) }

    /// Gives up ownership: the caller closes the result.
    public consuming func release() -> Int32 {
        let raw = raw
        discard self
        return raw
    }

    /// A second descriptor of the same open file, close-on-exec.
    public func duplicate() throws(SystemError) -> Descriptor {
        Descriptor(owning: try system("duplicate", "descriptor \(raw)") { fcntl(raw, F_DUPFD_CLOEXEC, 0) })
    }

    /// Reads up to `buffer.count` bytes at the current position; 0 at the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        try Interrupts.check()
        return try system("read", "") { Glibc.read(raw, buffer.baseAddress, buffer.count) }
    }

    /// Reads up to `buffer.count` bytes at `offset`; 0 at the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError) -> Int {
        try Interrupts.check()
        return try system("read", "") { pread(raw, buffer.baseAddress, buffer.count, off_t(offset)) }
    }

    /// At most `count` bytes at `offset`: fewer where the file ends.
    public func read(upTo count: Int, at offset: UInt64) throws(SystemError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        let raw = raw
        let got = try system("read", "") { pread(raw, &result, count, off_t(offset)) }
        return Array(result.prefix(got))
    }

    /// Reads from the current position to the end.
    /// - Parameter limit: throws EFBIG rather than read more than this many bytes.
    public func readAll(limit: Int = .max) throws(SystemError) -> [UInt8] {
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            var failure: SystemError?
            let count = chunk.withUnsafeMutableBytes { buffer in
                do throws(SystemError) { return try read(into: buffer) } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            if count == 0 { return result }
            guard count <= limit - result.count else {
                throw SystemError("read", "", Errno(rawValue: EFBIG))
            }
            result.append(contentsOf: chunk[..<count])
        }
    }

    /// Writes all of `bytes` at the current position.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = try system("write", "") { Glibc.write(raw, part.baseAddress, part.count) }
            rest = rest.dropFirst(count)
        }
    }

    /// Writes all of `bytes` at the current position.
    public func write(_ bytes: [UInt8]) throws(SystemError) {
        var failure: SystemError?
        bytes.withUnsafeBytes { buffer in
            do throws(SystemError) { try write(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Writes all of `bytes` at `offset`.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError) {
        var rest = bytes[...]
        var position = offset
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = try system("write", "") { pwrite(raw, part.baseAddress, part.count, off_t(position)) }
            rest = rest.dropFirst(count)
            position += UInt64(count)
        }
    }

    /// Flushes the file's data and attributes to the disk (fsync(2)).
    public func synchronize() throws(SystemError) {
        try system("flush", "") { fsync(raw) }
    }

    /// Flushes the whole filesystem that the file is on (syncfs(2)).
    public func synchronizeFilesystem() throws(SystemError) {
        try system("flush filesystem", "") { varve_syncfs(raw) }
    }

    /// The path by which this process can name the open file, even one without a name.
    public var procPath: String { "/proc/self/fd/\(raw)" }
}
