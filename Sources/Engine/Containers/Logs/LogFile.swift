import Glibc
import Linux

/// One file of a log, read from some place on.
final class LogFile {
    private let file: Descriptor
    let inode: UInt64
    private var position: UInt64 = 0
    /// What was read behind the last whole line: the rest of that may still be written.
    private var rest: [UInt8] = []

    /// Nil where there is none.
    init?(_ path: String) throws(SystemError) {
        do throws(SystemError) {
            file = try Files.open(KernelPath(path), flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        } catch {
            if error.errno == .noEntry { return nil }
            throw error
        }
        inode = try file.status().inode
    }

    private static let portion = 1 << 16

    /// Calls `body` with each whole line that is there and was not read before, without its end.
    func lines(_ body: (ArraySlice<UInt8>) throws -> Void) throws {
        // A log of one file begins anew in that.
        if try file.status().size < position { (position, rest) = (0, []) }
        while true {
            let read = try file.read(upTo: Self.portion, at: position)
            if read.isEmpty { return }
            position += UInt64(read.count)
            rest += read
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                try body(rest[start..<end])
                start = end + 1
            }
            rest.removeFirst(start)
        }
    }

    /// Goes to where the last lines begin.
    /// - Returns: how many of them are in this file, all of it having fewer.
    func seekBack(lines wanted: Int) throws(SystemError) -> Int {
        var found = 0
        var start = try file.status().size
        position = start
        guard wanted > 0 else { return 0 }
        while start > 0 {
            let count = min(start, UInt64(Self.portion))
            let read = try file.read(upTo: Int(count), at: start - count)
            for index in read.indices.reversed() where read[index] == UInt8(ascii: "\n") {
                // The first end of a line from behind is the last line's own.
                if found == wanted {
                    position = start - count + UInt64(index) + 1
                    return found
                }
                found += 1
            }
            start -= count
        }
        position = 0
        return found
    }
}
