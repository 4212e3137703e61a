import Glibc
import Linux
import Model

/// A complete pack and index that still have temporary names.
struct SealedPack {
    let packPath: String
    let indexPath: String
    /// `pack-` and the pack's checksum.
    let name: String

    func flush(in directory: borrowing Descriptor) throws(StoreError) {
        let reference = directory.reference
        try attempt("flush pack", name) { () throws(SystemError) in
            try Files.synchronize(KernelPath(packPath), in: reference)
            try Files.synchronize(KernelPath(indexPath), in: reference)
        }
    }

    /// Gives the pack its names. Git looks for indexes, so the index comes last; the mark that lets git
    /// do without pool bodies (`.promisor`) must be there before.
    func publish(in directory: borrowing Descriptor) throws(StoreError) {
        let reference = directory.reference
        try attempt("publish pack", name) { () throws(SystemError) in
            let mark = try Files.open(
                KernelPath("\(name).promisor"), in: reference, flags: O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o444)
            _ = consume mark
            try Files.rename(KernelPath(packPath), in: reference, to: KernelPath("\(name).pack"), in: reference)
            try Files.rename(KernelPath(indexPath), in: reference, to: KernelPath("\(name).idx"), in: reference)
            try directory.synchronize()
        }
    }

    func discard(in directory: borrowing Descriptor) throws(StoreError) {
        let reference = directory.reference
        try attempt("remove", name) { () throws(SystemError) in
            try Files.removeIfPresent(KernelPath(packPath), in: reference)
            try Files.removeIfPresent(KernelPath(indexPath), in: reference)
        }
    }
}
