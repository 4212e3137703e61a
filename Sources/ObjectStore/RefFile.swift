import Glibc
import Linux
import Model

/// The two refs of the operation log, written without libgit2: one flush less, no reflog (the log is one),
/// and a look at them costs no start of libgit2. They are ordinary loose refs (gitrepository-layout(5)).
enum RefFile {
    enum Content {
        case id(ObjectID)
        case absent
    }

    static func read(_ name: String, gitDirectory: String) throws(StoreError) -> Content {
        let path = "\(gitDirectory)/\(name)"
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.open(KernelPath(path), flags: O_RDONLY).readAll(limit: 64)
        } catch {
            if error.errno == .noEntry { return .absent }
            throw StoreError("read ref", name, .system(error))
        }
        guard bytes.count == 41, bytes[40] == UInt8(ascii: "\n"),
            let id = ObjectID(hex: String(decoding: bytes[..<40], as: UTF8.self))
        else { throw StoreError("read ref", name, .corrupt("it does not hold an id")) }
        return .id(id)
    }

    static func hasPackedRefs(gitDirectory: String) throws(StoreError) -> Bool {
        try attempt("look for packed refs", gitDirectory) { () throws(SystemError) in
            try Files.exists(KernelPath("\(gitDirectory)/packed-refs"))
        }
    }

    /// Replaces a ref under the repository's lock, durably: after a power cut the old or the new value stands there.
    static func write(_ name: String, _ id: ObjectID, gitDirectory: String) throws(StoreError) {
        let path = "\(gitDirectory)/\(name)"
        let parent = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
        try attempt("move ref", name) { () throws(SystemError) in
            // Git's own name for the lock of a ref. A killed process may have left one, which the
            // repository's lock makes ours.
            let lock = KernelPath("\(path).lock")
            let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW
            let file: Descriptor
            do throws(SystemError) { file = try Files.open(lock, flags: flags, mode: 0o644) } catch {
                guard error.errno == .noEntry else { throw error }
                try Files.makeDirectories(parent)
                try Files.synchronize(KernelPath("\(gitDirectory)/refs"), in: .current)
                file = try Files.open(lock, flags: flags, mode: 0o644)
            }
            try file.write(Array("\(id.hex)\n".utf8))
            try file.synchronize()
            try Files.rename(lock, to: KernelPath(path))
            try Files.openDirectory(KernelPath(parent)).synchronize()
        }
    }

    /// Replaces a ref in place and without a flush: a power cut may bring the old value back, and 41 bytes at the
    /// start of a block are never half there.
    static func overwrite(_ name: String, _ id: ObjectID, gitDirectory: String) throws(StoreError) {
        let path = KernelPath("\(gitDirectory)/\(name)")
        let isThere = try attempt("move ref", name) { () throws(SystemError) in
            try Files.statusIfPresent(path)?.size == 41
        }
        guard isThere else { return try write(name, id, gitDirectory: gitDirectory) }
        try attempt("move ref", name) { () throws(SystemError) in
            try Files.open(path, flags: O_WRONLY | O_NOFOLLOW).write(Array("\(id.hex)\n".utf8))
        }
    }
}

/// The repository's lock: one process at a time moves refs and bases.
struct RepositoryLock: ~Copyable {
    private let file: Descriptor

    /// Waits for it. A process that ends, however, gives it up.
    init(root: String) throws(StoreError) {
        file = try attempt("lock repository", root) { () throws(SystemError) in
            let file = try Files.open(
                KernelPath("\(root)/\(ObjectStore.lockName)"), flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
            try system("lock", "") { flock(file.raw, LOCK_EX) }
            return file
        }
    }

    /// Says until where the lock is held: a value is gone after its last use.
    borrowing func keep() {}
}
