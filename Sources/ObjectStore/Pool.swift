import Glibc
import Linux
import Model

/// The directory of raw bodies: `ab/cdef…` by id, mode 0444, never written after they have that name.
final class Pool {
    let directory: Descriptor

    init(at path: String) throws(StoreError) {
        directory = try attempt("open pool", path) { () throws(SystemError) in
            try Files.openDirectory(KernelPath(path))
        }
    }

    static let temporaries = "tmp"

    static func create(at path: String) throws(SystemError) {
        try Files.makeDirectories(path, mode: 0o700)
        try Files.makeDirectories("\(path)/\(temporaries)")
    }

    /// `ab/cdef…`: two digits, a slash, 38 digits.
    static func path(of id: ObjectID) -> String {
        let hex = id.hex
        return "\(hex.prefix(2))/\(hex.dropFirst(2))"
    }

    /// Nil where the pool has no such body.
    func open(_ id: ObjectID) throws(StoreError) -> Descriptor? {
        do throws(SystemError) {
            return try Files.open(
                KernelPath(Self.path(of: id)), in: directory.reference, flags: O_RDONLY | O_NOFOLLOW)
        } catch {
            if error.errno == .noEntry { return nil }
            throw StoreError("open body", id.hex, .system(error))
        }
    }

    func status(_ id: ObjectID) throws(StoreError) -> FileStatus? {
        try attempt("look at body", id.hex) { () throws(SystemError) in
            try Files.statusIfPresent(KernelPath(Self.path(of: id)), in: directory.reference)
        }
    }

    /// All ids that begin with `prefix` (hexadecimal digits, lowercase), in no order.
    func ids(prefix: String) throws(StoreError) -> [ObjectID] {
        let digits = Array("0123456789abcdef")
        var fanouts: [String] = []
        switch prefix.utf8.count {
        case 0: for a in digits { fanouts += digits.map { "\(a)\($0)" } }
        case 1: fanouts = digits.map { "\(prefix)\($0)" }
        default: fanouts = [String(prefix.prefix(2))]
        }
        var result: [ObjectID] = []
        for fanout in fanouts {
            for name in try names(in: fanout) {
                guard let text = name.string, let id = ObjectID(hex: fanout + text), id.hex.hasPrefix(prefix) else {
                    continue
                }
                result.append(id)
            }
        }
        return result
    }

    /// The names in one subdirectory; none where it does not exist.
    func names(in subdirectory: String) throws(StoreError) -> [ByteName] {
        do throws(SystemError) {
            return try Files.names(
                in: try Files.openDirectory(KernelPath(subdirectory), in: directory.reference))
        } catch {
            if error.errno == .noEntry { return [] }
            throw StoreError("list pool", subdirectory, .system(error))
        }
    }
}
