import Glibc
import Linux
import Model

/// Writes one body into a temporary file of the pool and names it by its hash, in one pass.
struct BodyFile {
    let id: ObjectID
    /// Relative to the pool.
    let path: String

    /// - Parameters:
    ///   - fill: the next bytes of the body, at the offset given; 0 at the end.
    ///   - readsHoles: whether `fill` has to be asked for the zeros of holes too.
    static func write(
        _ layout: BodyLayout, in pool: Pool, buffer: UnsafeMutableRawBufferPointer, readsHoles: Bool,
        fill: (UnsafeMutableRawBufferPointer, UInt64) throws -> Int
    ) throws -> BodyFile {
        let file = try attempt("make body", "pool") { () throws(SystemError) in
            try TemporaryFile.create("\(Pool.temporaries)/", in: pool.directory.reference)
        }
        let path = file.path
        do {
            let id = try scan(layout, buffer: buffer, readsHoles: readsHoles, fill: fill) {
                (bytes, offset) throws(StoreError) in
                try attempt("write body", path) { () throws(SystemError) in
                    try file.descriptor.write(bytes, at: offset)
                }
            }
            // Only a hole at the end leaves the file too short.
            if layout.parts.last?.isHole == true {
                try attempt("write body", path) { () throws(SystemError) in
                    _ = try system("set size", "") { ftruncate(file.descriptor.raw, off_t(layout.size)) }
                }
            }
            return BodyFile(id: id, path: path)
        } catch {
            // The first error is the one to tell.
            do throws(SystemError) {
                try Files.remove(KernelPath(path), in: pool.directory.reference)
            } catch {}
            throw error
        }
    }

    /// Hashes a body and gives its data, but not its holes, to `write`.
    static func scan(
        _ layout: BodyLayout, buffer: UnsafeMutableRawBufferPointer, readsHoles: Bool,
        fill: (UnsafeMutableRawBufferPointer, UInt64) throws -> Int,
        write: (UnsafeRawBufferPointer, UInt64) throws -> Void
    ) throws -> ObjectID {
        var hash = ObjectHash(.blob, size: layout.size)
        for part in layout.parts {
            var position = part.range.lowerBound
            if part.isHole, !readsHoles {
                while position < part.range.upperBound {
                    try heedInterrupts()
                    let count = min(part.range.upperBound - position, 1 << 26)
                    hash.updateZeros(count)
                    position += count
                }
                continue
            }
            while position < part.range.upperBound {
                try heedInterrupts()
                let limit = Int(min(UInt64(buffer.count), part.range.upperBound - position))
                let count = try fill(UnsafeMutableRawBufferPointer(rebasing: buffer[..<limit]), position)
                guard count > 0, count <= limit else {
                    throw StoreError(
                        "read body", "", .changed("it ended at byte \(position) of \(layout.size)"))
                }
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                hash.update(bytes)
                if part.isHole {
                    guard isZero(bytes) else {
                        throw StoreError("read body", "", .invalid("there is data in the hole at byte \(position)"))
                    }
                } else {
                    try write(bytes, position)
                }
                position += UInt64(count)
            }
        }
        return hash.finish()
    }

    /// The id that an open file's content has. Holes are hashed without being read.
    static func id(of file: borrowing Descriptor) throws(StoreError) -> ObjectID {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { buffer.deallocate() }
        let size: UInt64, holes: [Range<UInt64>]
        do throws(SystemError) {
            size = try file.status().size
            holes = try file.holes(size: size)
        } catch { throw StoreError("read body", "", .system(error)) }
        let layout = try BodyLayout(size: size, holes: holes)
        return try readingBody(from: file, size: size) { fill in
            try scan(layout, buffer: buffer, readsHoles: false, fill: fill) { _, _ in }
        }
    }

    /// A read of a file is never cut short by a signal, so somebody has to look.
    private static func heedInterrupts() throws(StoreError) {
        try attempt("read body", "") { () throws(SystemError) in try Interrupts.check() }
    }

    private static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress, bytes[0] == 0 else { return bytes.isEmpty }
        // Each byte equals the one before it, and the first is zero.
        return memcmp(base, base + 1, bytes.count - 1) == 0
    }
}

extension Pool {
    /// Whether two files of this pool hold the same bytes.
    func sameContent(_ a: borrowing Descriptor, _ b: borrowing Descriptor) throws(SystemError) -> Bool {
        guard try a.status().size == b.status().size else { return false }
        let block = 1 << 18
        let left = UnsafeMutableRawBufferPointer.allocate(byteCount: block, alignment: 16)
        let right = UnsafeMutableRawBufferPointer.allocate(byteCount: block, alignment: 16)
        defer {
            left.deallocate()
            right.deallocate()
        }
        var position: UInt64 = 0
        while true {
            let count = try a.readFully(into: left, at: position)
            guard try b.readFully(into: right, at: position) == count else { return false }
            if count == 0 { return true }
            guard let x = left.baseAddress, let y = right.baseAddress, memcmp(x, y, count) == 0 else { return false }
            position += UInt64(count)
        }
    }
}

extension Descriptor {
    /// Reads until the buffer is full or the file ends.
    func readFully(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = try read(into: rest, at: offset + UInt64(done))
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// How many bytes of the file are holes.
    func holeBytes(size: UInt64) throws(SystemError) -> UInt64 {
        try holes(size: size).reduce(0) { $0 + UInt64($1.count) }
    }
}
