import Glibc

extension UnsafeRawBufferPointer {
    var isAllZeros: Bool { firstOther(from: 0) == count }

    /// Where the next zero is; `count` where there is none.
    func firstZero(from start: Int) -> Int {
        guard let base = baseAddress, start < count, let found = memchr(base + start, 0, count - start) else {
            return count
        }
        return UnsafeRawPointer(found) - base
    }

    /// Where the next byte is that is no zero; `count` where there is none.
    func firstOther(from start: Int) -> Int {
        var index = start
        while index + 8 <= count, loadUnaligned(fromByteOffset: index, as: UInt64.self) == 0 { index += 8 }
        while index < count, self[index] == 0 { index += 1 }
        return index
    }
}
