import Glibc
import Linux
import Model
import ObjectStore
import Snapshot

/// The objects of containers' working states: trees and records in memory, bodies where the containers have them.
/// Nothing is stored.
public final class WorkingObjects: ProvisionalSource, ObjectSink {
    private let scratch: ScratchObjects
    private struct Place {
        let upper: String
        let path: BytePath
    }
    private var located: [ObjectID: Place] = [:]

    /// Bodies by the ids that stood for them before they were read.
    private var settled: [ObjectID: ObjectID] = [:]
    /// Whether files that are certainly new are not read until somebody asks for their content.
    let isLazy: Bool
    /// How closely to look at what is new.
    var newFiles: NewFiles

    /// - Parameter isLazy: for comparing one container with what it was started from. Ids of unread files are then
    ///   provisional, and equal to no other even where the contents are.
    init(over store: ObjectStore, isLazy: Bool = false, newFiles: NewFiles = .seen) {
        self.newFiles = newFiles
        scratch = ScratchObjects(over: store)
        self.isLazy = isLazy
    }

    /// Directories that were met, by their provisional ids or those of their trees.
    private var directories: [ObjectID: Directory] = [:]

    public func keep(_ directory: Directory, as id: ObjectID) { directories[id] = directory }

    public func kept(_ id: ObjectID) -> Directory? { directories[id] }

    public func settled(_ id: ObjectID) throws -> ObjectID {
        guard isLazy, located[id] != nil else { return id }
        if let known = settled[id] { return known }
        let file = try file(of: id)
        let size = try file.status().size
        let body = try scratch.addBody(from: file, size: size, holes: [])
        settled[id] = body
        // It may be asked for by either.
        located[body] = located[id]
        return body
    }

    /// The file at `path` below the directory `upper` has the body `id`.
    func locate(_ id: ObjectID, at path: BytePath, below upper: String) {
        located[id] = Place(upper: upper, path: path)
    }

    /// The file that holds a body which is in no store yet.
    func file(of id: ObjectID) throws(StoreError) -> Descriptor {
        guard let place = located[id] else { throw StoreError("read blob", id.hex, .missing) }
        do throws(SystemError) {
            let upper = try Files.openDirectory(KernelPath(place.upper))
            // The container may put symlinks in the way at any time.
            return try Files.open(
                KernelPath(relative: place.path), in: upper.reference, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
                resolve: [.beneath, .noSymlinks])
        } catch { throw StoreError("read blob", id.hex, .system(error)) }
    }

    public func read(_ id: ObjectID, as kind: ObjectKind) throws(StoreError) -> [UInt8] {
        do throws(StoreError) { return try scratch.read(id, as: kind) } catch {
            guard kind == .blob, case .missing = error.cause, located[id] != nil else { throw error }
        }
        let file = try file(of: id)
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try file.readAll() } catch {
            throw StoreError("read blob", id.hex, .system(error))
        }
        guard isLazy || ObjectID(hashing: .blob, bytes) == id else {
            throw StoreError("read blob", id.hex, .changed("the container wrote to it"))
        }
        return bytes
    }

    public func add(_ kind: ObjectKind, _ bytes: [UInt8]) throws(StoreError) -> ObjectID {
        try scratch.add(kind, bytes)
    }

    public func addBody(
        from file: borrowing Descriptor, size: UInt64, holes: [Range<UInt64>]
    ) throws(StoreError) -> ObjectID {
        try scratch.addBody(from: file, size: size, holes: holes)
    }

    public func addBody(
        size: UInt64, holes: [Range<UInt64>], read: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> ObjectID {
        try scratch.addBody(size: size, holes: holes, read: read)
    }
}
