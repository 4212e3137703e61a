import CGit2
import Glibc
import Linux
import Model

/// Puts objects into one pack with deltas, by libgit2.
struct Repacking {
    private let store: ObjectStore

    init(_ store: ObjectStore) { self.store = store }

    /// Makes and publishes the pack; it is on the disk when this returns.
    /// - Parameters:
    ///   - objects: with what stands for the path at which each was found: what has the same is tried as a base.
    ///   - progress: how many objects of how many are done.
    /// - Returns: the pack's name.
    func pack(
        _ objects: [(id: ObjectID, place: UInt32)], in directory: borrowing Descriptor,
        progress: @escaping (Int, Int) -> Void
    ) throws(StoreError) -> String {
        let builder = try DeltaPacker(try store.repository(), progress: progress)
        for object in objects { try builder.insert(object.id, object.place) }
        let reference = directory.reference
        let sealed = try builder.write(in: store.gitDirectory, reference)
        do throws(StoreError) {
            try sealed.flush(in: directory)
            try sealed.publish(in: directory)
        } catch {
            try sealed.discard(in: directory)
            throw error
        }
        return sealed.name
    }
}

/// Owns libgit2's packbuilder (git2/pack.h).
private final class DeltaPacker {
    private let handle: OpaquePointer
    private let progress: (Int, Int) -> Void

    init(_ repository: GitRepository, progress: @escaping (Int, Int) -> Void) throws(StoreError) {
        var made: OpaquePointer?
        try git("write pack", "") { git_packbuilder_new(&made, repository.handle) }
        guard let made else { throw StoreError("write pack", "", .missing) }
        handle = made
        self.progress = progress
        // 0: as many threads as there are processors.
        git_packbuilder_set_threads(handle, 0)
        try git("write pack", "") {
            git_packbuilder_set_callbacks(
                handle,
                { stage, done, total, context in
                    guard let context else { return 0 }
                    let packer = Unmanaged<DeltaPacker>.fromOpaque(context).takeUnretainedValue()
                    if stage == Int32(GIT_PACKBUILDER_DELTAFICATION.rawValue) {
                        packer.progress(Int(done), Int(total))
                    }
                    // Ctrl-C ends it.
                    return Interrupts.isRaised ? GIT_EUSER.rawValue : 0
                }, Unmanaged.passUnretained(self).toOpaque())
        }
    }

    deinit { git_packbuilder_free(handle) }

    /// libgit2 makes a number of a name by its last bytes, so any text does.
    func insert(_ id: ObjectID, _ place: UInt32) throws(StoreError) {
        var oid = git_oid(id)
        try git("write pack", id.hex) { git_packbuilder_insert(handle, &oid, String(place, radix: 36)) }
    }

    /// Writes pack and index under temporary names.
    func write(in gitDirectory: String, _ packs: DirectoryReference) throws(StoreError) -> SealedPack {
        // libgit2 gives the files names of its own, so they are made in a directory apart.
        let apart = "tmp_pack_\(getpid())_\(String(UInt64.random(in: 0...(.max)), radix: 36))"
        try attempt("write pack", apart) { () throws(SystemError) in
            try Files.makeDirectory(KernelPath(apart), in: packs, mode: 0o700)
        }
        defer { do throws(SystemError) { try Files.removeAll(KernelPath(apart), in: packs) } catch {} }
        let path = "\(gitDirectory)/objects/pack/\(apart)"
        try attempt("write pack", "") { () throws(SystemError) in try Interrupts.check() }
        try git("write pack", path) { git_packbuilder_write(handle, path, 0o444, nil, nil) }
        let names = try attempt("write pack", path) { () throws(SystemError) in
            try Files.names(in: try Files.openDirectory(KernelPath(apart), in: packs)).compactMap(\.string)
        }
        guard let pack = names.first(where: { $0.hasSuffix(".pack") }),
            let index = names.first(where: { $0.hasSuffix(".idx") })
        else { throw StoreError("write pack", path, .missing) }
        // Out of the directory, which goes.
        let sealed = SealedPack(
            packPath: "\(apart).pack", indexPath: "\(apart).idx", name: String(pack.dropLast(5)))
        try attempt("write pack", path) { () throws(SystemError) in
            for (from, to) in [(pack, sealed.packPath), (index, sealed.indexPath)] {
                try Files.rename(KernelPath("\(apart)/\(from)"), in: packs, to: KernelPath(to), in: packs)
                try Files.setPermissions(KernelPath(to), in: packs, 0o444)
            }
        }
        return sealed
    }
}
