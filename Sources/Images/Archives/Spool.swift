import Glibc
import Linux
import Model

/// An uncompressed tar file that can be read by offset.
struct SeekableArchive: ~Copyable {
    let file: Descriptor
    /// Where the tar starts.
    let start: UInt64

    /// Takes a file as it is where that will do, and otherwise copies what it holds, decompressed, into an unnamed file.
    /// - Parameters:
    ///   - directory: where that file takes its room.
    ///   - limit: throws where it would become larger than this many bytes; nil for what ``allowed(for:)`` says.
    init(
        _ input: consuming Descriptor, named name: String, spoolingTo directory: borrowing Descriptor, limit: UInt64?
    ) throws(ImagesError) {
        func failed(_ error: SystemError) -> ImagesError { ImagesError("read archive", name, error.errno.description) }
        do throws(SystemError) {
            if try input.status().kind == .regular {
                let position = lseek(input.raw, 0, SEEK_CUR)
                guard position >= 0 else { throw SystemError("seek", name, .last) }
                let start = try input.bytes(TarHeader.byteCount, at: UInt64(position))
                if start.flatMap(TarHeader.init) != nil {
                    self.init(file: input, start: UInt64(position))
                    return
                }
            }
        } catch { throw failed(error) }

        let counting = CountingSource(DescriptorSource(input, name: name))
        let source = PeekingSource(try DecompressedSource.make(counting, name: name))
        let start = try source.peek()
        if start.isEmpty { throw ImagesError("read archive", name, "it is empty") }
        // Where an end mark comes first there is nothing to look for behind it.
        let isAtEnd = start.allSatisfy { $0 == 0 }
        guard isAtEnd || TarHeader(start) != nil else {
            throw ImagesError("read archive", name, "this is no tar archive, compressed or not")
        }
        let spool: Descriptor
        do throws(SystemError) {
            spool = try Files.makeUnnamed(in: directory.reference)
        } catch { throw failed(error) }
        var size: UInt64 = 0
        repeat {
            let bytes = try source.next()
            if bytes.isEmpty { break }
            let limit = limit ?? Self.allowed(for: counting.count)
            guard UInt64(bytes.count) <= limit - size else {
                throw ImagesError(
                    "read archive", name,
                    "decompressed it is larger than \(limit) bytes; a file that is not compressed may be of any size")
            }
            do throws(SystemError) { try spool.write(bytes, at: size) } catch { throw failed(error) }
            size += UInt64(bytes.count)
        } while !isAtEnd
        self.init(file: spool, start: 0)
    }

    /// Bytes to which so many compressed ones may grow: 16 GiB, or 200 times those where that is more; 256 GiB at most.
    static func allowed(for compressed: UInt64) -> UInt64 {
        min(256 << 30, max(16 << 30, min(compressed, 256 << 30) * 200))
    }

    consuming func takeFile() -> Descriptor { file }

    private init(file: consuming Descriptor, start: UInt64) {
        self.file = file
        self.start = start
    }
}
