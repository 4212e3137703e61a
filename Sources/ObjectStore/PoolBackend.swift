import CGit2
import Glibc
import Linux
import Model

/// The pool as a backend of libgit2's object database (git2/sys/odb_backend.h): every body is a blob.
enum PoolBackend {
    /// What libgit2 gets a pointer to: its own structure first.
    private struct Layout {
        var base: git_odb_backend
        var pool: Unmanaged<Pool>
    }

    static func install(_ pool: Pool, in objects: OpaquePointer, priority: Int32) -> Int32 {
        let layout = UnsafeMutablePointer<Layout>.allocate(capacity: 1)
        layout.initialize(to: Layout(base: git_odb_backend(), pool: .passRetained(pool)))
        let backend = UnsafeMutableRawPointer(layout).assumingMemoryBound(to: git_odb_backend.self)
        git_odb_init_backend(backend, UInt32(GIT_ODB_BACKEND_VERSION))
        backend.pointee.read = { data, size, type, backend, id in
            PoolBackend.read(id, of: backend, data, size, type)
        }
        backend.pointee.read_prefix = { full, data, size, type, backend, prefix, length in
            let code = PoolBackend.expand(prefix, length, of: backend, full)
            return code == 0 ? PoolBackend.read(full, of: backend, data, size, type) : code
        }
        backend.pointee.read_header = { size, type, backend, id in
            PoolBackend.answer(backend, id) { (pool, id) throws(StoreError) in
                guard let status = try pool.status(id) else { return GIT_ENOTFOUND.rawValue }
                size?.pointee = Int(status.size)
                type?.pointee = GIT_OBJECT_BLOB
                return 0
            }
        }
        backend.pointee.exists = { backend, id in
            let code = PoolBackend.answer(backend, id) { (pool, id) throws(StoreError) in
                try pool.status(id) == nil ? 0 : 1
            }
            return max(0, code)
        }
        backend.pointee.exists_prefix = { full, backend, prefix, length in
            PoolBackend.expand(prefix, length, of: backend, full)
        }
        backend.pointee.foreach = { backend, callback, payload in
            PoolBackend.forEach(backend, callback, payload)
        }
        backend.pointee.free = { backend in
            guard let backend else { return }
            let layout = UnsafeMutableRawPointer(backend).assumingMemoryBound(to: Layout.self)
            layout.pointee.pool.release()
            layout.deinitialize(count: 1)
            layout.deallocate()
        }
        let code = git_odb_add_backend(objects, backend, priority)
        if code < 0 { backend.pointee.free(backend) }
        return code
    }

    private static func pool(_ backend: UnsafeMutablePointer<git_odb_backend>?) -> Pool? {
        backend.map {
            UnsafeMutableRawPointer($0).assumingMemoryBound(to: Layout.self).pointee.pool.takeUnretainedValue()
        }
    }

    /// Turns our errors into libgit2's.
    private static func answer(
        _ backend: UnsafeMutablePointer<git_odb_backend>?, _ id: UnsafePointer<git_oid>?,
        _ body: (Pool, ObjectID) throws(StoreError) -> Int32
    ) -> Int32 {
        guard let pool = pool(backend), let id else { return GIT_EINVALID.rawValue }
        do throws(StoreError) { return try body(pool, ObjectID(id)) } catch {
            git_error_set_str(Int32(GIT_ERROR_ODB.rawValue), error.description)
            return GIT_ERROR.rawValue
        }
    }

    private static func read(
        _ id: UnsafePointer<git_oid>?, of backend: UnsafeMutablePointer<git_odb_backend>?,
        _ data: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ size: UnsafeMutablePointer<Int>?,
        _ type: UnsafeMutablePointer<git_object_t>?
    ) -> Int32 {
        answer(backend, id) { (pool, id) throws(StoreError) in
            guard let file = try pool.open(id) else { return GIT_ENOTFOUND.rawValue }
            return try attempt("read body", id.hex) { () throws(SystemError) in
                let count = Int(try file.status().size)
                // One byte more: libgit2 ends blobs with a NUL that does not count.
                guard let memory = git_odb_backend_data_alloc(backend, count + 1) else { return GIT_ERROR.rawValue }
                let buffer = UnsafeMutableRawBufferPointer(start: memory, count: count)
                do throws(SystemError) {
                    guard try file.readFully(into: buffer, at: 0) == count else {
                        throw SystemError("read", "", Errno(rawValue: EIO))
                    }
                } catch {
                    git_odb_backend_data_free(backend, memory)
                    throw error
                }
                memory.storeBytes(of: 0, toByteOffset: count, as: UInt8.self)
                data?.pointee = memory
                size?.pointee = count
                type?.pointee = GIT_OBJECT_BLOB
                return 0
            }
        }
    }

    private static func expand(
        _ prefix: UnsafePointer<git_oid>?, _ length: Int, of backend: UnsafeMutablePointer<git_odb_backend>?,
        _ full: UnsafeMutablePointer<git_oid>?
    ) -> Int32 {
        answer(backend, prefix) { (pool, id) throws(StoreError) in
            let found = try pool.ids(prefix: String(id.hex.prefix(length)))
            guard let only = found.first else { return GIT_ENOTFOUND.rawValue }
            guard found.count == 1 else { return GIT_EAMBIGUOUS.rawValue }
            full?.pointee = git_oid(only)
            return 0
        }
    }

    private static func forEach(
        _ backend: UnsafeMutablePointer<git_odb_backend>?, _ callback: git_odb_foreach_cb?,
        _ payload: UnsafeMutableRawPointer?
    ) -> Int32 {
        var zero = git_oid()
        return answer(backend, &zero) { (pool, _) throws(StoreError) in
            for id in try pool.ids(prefix: "") {
                var oid = git_oid(id)
                let code = callback?(&oid, payload) ?? 0
                if code != 0 { return code }
            }
            return 0
        }
    }
}
