import CLinux
import Glibc

extension Descriptor {
    /// Makes `target` a file of `size` bytes with the same content, as shared extents where the filesystem can,
    /// and without writing into `holes` (ascending, within `size`).
    public func copy(
        to target: borrowing Descriptor, size: UInt64, holes: [Range<UInt64>]
    ) throws(SystemError) {
        try target.resize(to: size)
        var position: UInt64 = 0
        for hole in holes + [size..<size] {
            if position < hole.lowerBound { try copy(position..<hole.lowerBound, to: target) }
            position = hole.upperBound
        }
    }

    private func copy(_ range: Range<UInt64>, to target: borrowing Descriptor) throws(SystemError) {
        let (source, destination) = (raw, target.raw)
        var position = range.lowerBound
        while position < range.upperBound {
            try Interrupts.check()
            let (from, rest) = (position, Int(range.upperBound - position))
            var (read, written) = (off_t(from), off_t(from))
            let count: Int
            do throws(SystemError) {
                count = try system("copy", "") { varve_copy_file_range(source, &read, destination, &written, rest) }
            } catch {
                // Between filesystems of two kinds the kernel does not.
                guard error.errno == .crossDevice || error.errno == .notSupported else { throw error }
                return try copyByReading(from..<range.upperBound, to: target)
            }
            guard count > 0 else { throw Self.shorter }
            position += UInt64(count)
        }
    }

    private func copyByReading(_ range: Range<UInt64>, to target: borrowing Descriptor) throws(SystemError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var position = range.lowerBound
        while position < range.upperBound {
            let limit = Int(min(UInt64(buffer.count), range.upperBound - position))
            let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<limit]), at: position)
            guard count > 0 else { throw Self.shorter }
            try target.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: position)
            position += UInt64(count)
        }
    }

    private static var shorter: SystemError { SystemError("copy", "a file that is shorter than expected", .invalid) }

    /// Makes the file so many bytes long (ftruncate(2)).
    public func resize(to size: UInt64) throws(SystemError) {
        let raw = raw
        try system("resize", "") { ftruncate(raw, off_t(size)) }
    }
}
