import Glibc
import Linux
import Model

/// Bodies that are written but have no names in the pool yet.
final class PendingBodies {
    private let pool: Pool
    /// Temporary files, and whether one is to replace a body that the pool holds with fewer holes.
    private var pending: [ObjectID: (path: String, replaces: Bool)] = [:]
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)

    /// How many bytes of bodies were given.
    private var size: UInt64 = 0

    /// From this many new bodies on, the whole filesystem is flushed instead of each file.
    private static let many = 8

    init(in pool: Pool) { self.pool = pool }

    deinit { buffer.deallocate() }

    var isEmpty: Bool { pending.isEmpty }

    /// Whether a flush may take long.
    var isLarge: Bool { size >= 4 << 20 }

    func add(
        _ layout: BodyLayout, readsHoles: Bool, fill: (UnsafeMutableRawBufferPointer, UInt64) throws -> Int
    ) throws -> ObjectID {
        let new = try BodyFile.write(layout, in: pool, buffer: buffer, readsHoles: readsHoles, fill: fill)
        do throws(StoreError) { try keep(new, size: layout.size) } catch {
            do throws(StoreError) { try remove(new.path) } catch {}
            throw error
        }
        size += layout.size
        return new.id
    }

    /// Keeps the new file unless the same content is there already, with as many holes.
    private func keep(_ new: BodyFile, size: UInt64) throws(StoreError) {
        if let old = pending[new.id] {
            let other = try open(old.path)
            if try isBetter(new, than: other, size: size) {
                try remove(old.path)
                pending[new.id] = (new.path, old.replaces)
            } else {
                try remove(new.path)
            }
        } else if let stored = try pool.open(new.id) {
            if try isBetter(new, than: stored, size: size) {
                pending[new.id] = (new.path, true)
            } else {
                try remove(new.path)
            }
        } else {
            pending[new.id] = (new.path, false)
        }
    }

    /// Compares byte by byte. Equal content with more holes is better, and so is any than what is damaged; other content
    /// that has the id in truth fails with `collision`.
    private func isBetter(
        _ new: BodyFile, than stored: borrowing Descriptor, size: UInt64
    ) throws(StoreError) -> Bool {
        let file = try open(new.path)
        // `try` in a closure that borrows would copy the descriptor, so the calls stand one by one.
        let same: Bool, newHoles: UInt64, storedHoles: UInt64
        do throws(SystemError) {
            same = try pool.sameContent(file, stored)
            newHoles = try file.holeBytes(size: size)
            storedHoles = same ? try stored.holeBytes(size: size) : 0
        } catch {
            throw StoreError("compare body", new.id.hex, .system(error))
        }
        guard same else {
            guard try BodyFile.id(of: stored) != new.id else { throw StoreError("add body", new.id.hex, .collision) }
            return true
        }
        return newHoles > storedHoles
    }

    private func open(_ path: String) throws(StoreError) -> Descriptor {
        try attempt("open new body", path) { () throws(SystemError) in
            try Files.open(KernelPath(path), in: pool.directory.reference, flags: O_RDONLY | O_NOFOLLOW)
        }
    }

    private func remove(_ path: String) throws(StoreError) {
        try attempt("remove", path) { () throws(SystemError) in
            try Files.removeIfPresent(KernelPath(path), in: pool.directory.reference)
        }
    }

    /// The bodies' data is on the disk when this returns.
    func flush() throws(StoreError) {
        try attempt("flush bodies", "pool") { () throws(SystemError) in
            if pending.count >= Self.many {
                try pool.directory.synchronizeFilesystem()
            } else {
                for body in pending.values {
                    try Files.synchronize(KernelPath(body.path), in: pool.directory.reference)
                }
            }
        }
    }

    /// Gives flushed bodies their names, durably.
    func publish() throws(StoreError) {
        var touched: Set<String> = []
        let count = pending.count
        for (id, body) in pending.sorted(by: { $0.key < $1.key }) {
            try place(id, body.path, replacing: body.replaces, touched: &touched)
            pending[id] = nil
        }
        try attempt("flush pool", "") { () throws(SystemError) in
            if count >= Self.many {
                try pool.directory.synchronizeFilesystem()
            } else {
                for directory in touched.sorted() {
                    try Files.synchronize(KernelPath(directory), in: pool.directory.reference)
                }
            }
        }
    }

    private func place(
        _ id: ObjectID, _ path: String, replacing: Bool, touched: inout Set<String>
    ) throws(StoreError) {
        let target = Pool.path(of: id)
        let fanout = String(target.prefix(2))
        do throws(SystemError) {
            try rename(path, to: target, replacing: replacing)
        } catch {
            switch error.errno {
            case .noEntry:
                try attempt("make directory", fanout) { () throws(SystemError) in
                    do throws(SystemError) {
                        try Files.makeDirectory(KernelPath(fanout), in: pool.directory.reference)
                    } catch { if error.errno != .exists { throw error } }
                    try rename(path, to: target, replacing: replacing)
                }
                touched.insert(".")
            case .exists:
                // Another process stored the same body meanwhile.
                guard let stored = try pool.open(id) else { throw StoreError("add body", id.hex, .system(error)) }
                if try isBetter(BodyFile(id: id, path: path), than: stored, size: 0) {
                    try attempt("add body", id.hex) { () throws(SystemError) in
                        try rename(path, to: target, replacing: true)
                    }
                } else {
                    try remove(path)
                }
            default: throw StoreError("add body", id.hex, .system(error))
            }
        }
        touched.insert(fanout)
    }

    private func rename(_ path: String, to target: String, replacing: Bool) throws(SystemError) {
        let directory = pool.directory.reference
        try Files.rename(
            KernelPath(path), in: directory, to: KernelPath(target), in: directory,
            flags: replacing ? 0 : Files.noReplace)
    }

    /// Removes what has no name yet.
    func discard() throws(StoreError) {
        let paths = pending.values.map(\.path)
        pending = [:]
        for path in paths { try remove(path) }
    }
}
