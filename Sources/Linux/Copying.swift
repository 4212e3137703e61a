import CLinux
import Glibc

extension Descriptor {
    /// Makes `target` a file of `size` bytes with the same content, as shared extents where the filesystem can,
    /// and without writing into `holes` (ascending, within `size`).
    public func copy(
        to target: borrowing Descriptor, size: UInt64, holes: [Range<UInt64>]
    ) throws(SystemError) {
        let (source, destination) = (raw, target.raw)
        try system("resize", "") { ftruncate(destination, off_t(size)) }
        var position: UInt64 = 0
        for hole in holes + [size..<size] {
            while position < hole.lowerBound {
                var from = off_t(position)
                var to = off_t(position)
                let count = try system("copy", "") {
                    varve_copy_file_range(source, &from, destination, &to, Int(hole.lowerBound - position))
                }
                guard count > 0 else { throw SystemError("copy", "a file that is shorter than expected", .invalid) }
                position += UInt64(count)
            }
            position = hole.upperBound
        }
    }
}
