import Glibc
import Linux
import Model

/// Lets `take` read a file's body, by offset. Fails with `changed` where the file no longer has that size.
/// - Parameter take: is given what fills a buffer with the body's bytes from an offset on, and gives the body's id.
func readingBody(
    from file: borrowing Descriptor, size: UInt64,
    _ take: ((UnsafeMutableRawBufferPointer, UInt64) throws -> Int) throws -> ObjectID
) throws(StoreError) -> ObjectID {
    // A closure can't hold a borrowed descriptor; its number is valid for as long as this call.
    let raw = file.raw
    do {
        let id = try take { buffer, offset in
            try system("read", "") { pread(raw, buffer.baseAddress, buffer.count, off_t(offset)) }
        }
        let after = try file.status().size
        guard after == size else {
            throw StoreError("read body", "", .changed("its size went from \(size) to \(after) bytes"))
        }
        return id
    } catch let error as StoreError {
        throw error
    } catch let error as SystemError {
        throw StoreError("read body", "", .system(error))
    } catch {
        throw StoreError("read body", "", .invalid("\(error)"))
    }
}
