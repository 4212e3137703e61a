import Glibc
import Linux
import Model

/// While it lives, nothing in the repository is collected: what its holder finds stays there until a ref, or a
/// container, keeps it.
public final class CollectionHold {
    private let lock: FileLock

    /// Waits while a collection is removing things, and a second at most while one waits for its turn.
    fileprivate init?(root: String) throws(SystemError) {
        let files = CollectionFiles(root: root)
        // Passing the gate is enough: it is only to keep newcomers from going before a collection for ever.
        guard let gate = try files.shared(files.gate), let lock = try files.shared(files.lock) else { return nil }
        _ = consume gate
        self.lock = lock
    }
}

/// The files by which writers and collections keep out of each other's way (docs/keeping.md).
struct CollectionFiles {
    /// Shared by writers; a collection has it alone. Holds the number of the last collection.
    let lock: String
    /// Held by a collection that waits, for a second at a time.
    let gate: String

    init(root: String) {
        lock = "\(root)/gc.lock"
        gate = "\(root)/gc.gate"
    }

    /// Nil on a filesystem that is read-only: nothing is collected there.
    fileprivate func shared(_ path: String) throws(SystemError) -> FileLock? {
        if let lock = try FileLock.acquireShared(path) { return lock }
        do throws(SystemError) {
            _ = try Files.open(KernelPath(path), flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        } catch {
            guard error.errno == .readOnly else { throw error }
            return nil
        }
        return try FileLock.acquireShared(path)
    }

    /// What tells one collection from another; nil where there was none.
    func number() throws(SystemError) -> [UInt8]? { try Files.contentsIfPresent(lock, limit: 64) }

    /// Called by who has the lock alone, before anything goes.
    func count() throws(SystemError) {
        let text = String(UInt64.random(in: (1 << 60)...(.max)), radix: 16)
        try Files.open(KernelPath(lock), flags: O_WRONLY | O_NOFOLLOW).write(Array(text.utf8))
    }

    /// The lock for a collection, once no writer is at work.
    ///
    /// A writer may be at it for an hour, and no other is to wait for so long; but many short ones after each other are
    /// not to keep a collection out for ever. So newcomers are stopped for one second in four.
    /// - Parameters:
    ///   - waits: whether to go on after the first second.
    ///   - waiting: called once where the first second was not enough.
    /// - Returns: nil where the lock was not to be had.
    func alone(waits: Bool, waiting: () -> Void) throws(SystemError) -> FileLock? {
        var isTold = false
        while true {
            if let lock = try tryAlone() { return lock }
            if !waits { return nil }
            if !isTold { waiting() }
            isTold = true
            for _ in 0..<150 {
                try Interrupts.check()
                if let lock = try FileLock.acquireIfFree(lock) { return lock }
                usleep(20_000)
            }
        }
    }

    private func tryAlone() throws(SystemError) -> FileLock? {
        let gate = try FileLock.acquire(gate)
        var found: FileLock?
        for _ in 0..<50 {
            found = try FileLock.acquireIfFree(lock)
            if found != nil { break }
            try Interrupts.check()
            usleep(20_000)
        }
        _ = consume gate
        return found
    }
}

extension ObjectStore {
    /// Keeps all that is stored from being collected for as long as the result lives. To be had before the first look
    /// at what is to be kept. Nil on a read-only filesystem.
    public func holdOffCollection() throws(StoreError) -> CollectionHold? {
        if let hold { return hold }
        let files = CollectionFiles(root: root)
        let (made, number) = try attempt("wait for gc", root) { () throws(SystemError) in
            (try CollectionHold(root: root), try files.number())
        }
        // Packs that libgit2 has open may have gone, and what was in them with them.
        if number != collection { packsConsolidated() }
        collection = number
        hold = made
        return made
    }
}
