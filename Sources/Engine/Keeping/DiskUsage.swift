import Linux
import Model
import ObjectStore

/// What takes room in a repository: bytes on the disk.
public struct DiskUsage: Sendable {
    /// In packs, with their indexes.
    public var objects = Amount()
    /// In the pool.
    public var bodies = Amount()
    /// Compressed layers as they came.
    public var blobs = Amount()
    public var images = Amount()
    public var checkouts = Amount()
    /// All that is in containers' directories: what they wrote, and what describes them.
    public var containers = Amount()
    /// Named ones, with all that is in them. Those of containers' own count with these.
    public var volumes = Amount()
    public var garbage = Amount()
    /// What a collection would free now; nil where that can't be told, since something is damaged.
    public var reclaimable: Collected?
    /// Why it can't be told.
    public var problem: String?
}

extension Repository {
    public func diskUsage() throws -> DiskUsage {
        let store = try store()
        var usage = DiskUsage()
        (usage.objects, usage.bodies) = try store.usage()
        for (path, _) in try keptBlobs() { usage.blobs.add(try DiskSize.of(path)) }
        for name in try names(in: "images") where name.hasSuffix(".erofs") {
            usage.images.add(try DiskSize.of("\(root)/images/\(name)"))
        }
        for name in try names(in: "checkouts") where ObjectID(hex: name) != nil {
            usage.checkouts.add(try DiskSize.of("\(root)/checkouts/\(name)"))
        }
        for id in try names(in: "containers") where !id.hasPrefix(".") {
            usage.containers.add(try DiskSize.of(files(of: id).directory))
        }
        for name in try names(in: "volumes").filter(Volume.isName) {
            usage.volumes.add(try DiskSize.of(files(ofVolume: name).directory))
        }
        for path in try store.garbage() { usage.garbage.add(try DiskSize.of("\(root)/\(path)")) }
        do { usage.reclaimable = try reclaimable(in: store) } catch { usage.problem = "\(error)" }
        return usage
    }

    private func reclaimable(in store: ObjectStore) throws -> Collected {
        let kept = KeptContent(in: store)
        let reachable = try Reachability(in: store) { try kept.needs(of: $0) }
        try reachable.add(try collectionRoots())
        var result = Collected()
        (result.objects, result.bodies) = try store.unreachable(reachable)
        result.add(try leftovers(blobs: kept.blobs))
        return result
    }
}
