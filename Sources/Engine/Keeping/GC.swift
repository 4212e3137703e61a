import Glibc
import Linux
import Model
import ObjectStore

/// What `varve gc` is to do.
public struct CollectionRequest: Sendable {
    /// Forget operations and movements of tags from before this moment, seconds since 1970; nil forgets none.
    public var expiry: Int64?
    /// Whether compressed layers go that are kept as they came.
    public var dropsBlobs = false
    /// Whether to tell only what would go.
    public var isDryRun = false
    /// Whether to wait for more than a second for commands that write.
    public var waits = true

    public init() {}
}

/// How far a collection is.
public enum CollectionProgress: Sendable {
    case marking
    case packing(done: Int, total: Int)
    case waiting
    case removing
}

/// What a collection freed, or would free.
public struct Collected: Sendable, Hashable {
    /// In packs: their bytes there.
    public var objects = Amount()
    /// In the pool. Bytes on the disk, as in all that follows.
    public var bodies = Amount()
    public var blobs = Amount()
    public var images = Amount()
    public var checkouts = Amount()
    public var garbage = Amount()
    /// How many operations are forgotten.
    public var operations = 0

    public init() {}
}

extension Repository {
    /// Removes what no tag, container, movement of a tag or operation needs, and caches that nobody uses.
    ///
    /// Safe beside other commands: those that write keep it waiting, and wait while it removes.
    public func collectGarbage(
        _ request: CollectionRequest, progress: @escaping (CollectionProgress) -> Void = { _ in }
    ) throws -> Collected {
        do { return try collect(request, progress) } catch let error as StoreError {
            switch error.cause {
            case .missing, .corrupt:
                throw EngineError.refused(
                    "collect garbage", subject: root, reason: "something is damaged, 'varve fsck' tells what: \(error)")
            default: throw error
            }
        }
    }

    private func collect(
        _ request: CollectionRequest, _ progress: @escaping (CollectionProgress) -> Void
    ) throws -> Collected {
        try requireRecovered()
        let store = try store()
        progress(.marking)
        let expiry = try request.expiry.map { try LogExpiry(before: $0, in: store) }
        let kept = KeptContent(in: store)
        let reachable = try Reachability(in: store, expiry: expiry) { try kept.needs(of: $0) }
        let collector = try Collector(store, reachable)
        try reachable.add(try collectionRoots(expiry))
        if !request.isDryRun { try collector.repack { progress(.packing(done: $0, total: $1)) } }
        guard try collector.keepWritersOut(waits: request.waits, waiting: { progress(.waiting) }) else {
            throw EngineError.refused("collect garbage", subject: root, reason: "another command is writing")
        }
        // A writer may have been killed meanwhile; and what came since keeps alive what it found.
        try requireRecovered()
        try reachable.add(try collectionRoots(expiry))
        progress(.removing)
        try Interrupts.check()
        Interrupts.disregard()
        // First of all: killed from here on, the rest stays as garbage.
        if let expiry, !request.isDryRun { try store.forget(expiry) }
        var result = Collected()
        result.operations = expiry?.operations ?? 0
        (result.objects, result.bodies) =
            request.isDryRun ? try collector.unreachable() : try collector.sweep()
        let volumes = request.isDryRun ? nil : try lockVolumes()
        defer { withExtendedLifetime(volumes) {} }
        let leftovers = try leftovers(blobs: request.dropsBlobs ? [] : kept.blobs)
        result.add(leftovers)
        if !request.isDryRun { for leftover in leftovers { try Files.removeAll(KernelPath(leftover.path)) } }
        withExtendedLifetime(collector) {}
        return result
    }

    /// Where all that is kept can be reached from.
    func collectionRoots(_ expiry: LogExpiry? = nil) throws -> [ObjectID] {
        var roots = Set(try store().roots(expiry: expiry))
        for (_, state) in try containerStates() { roots.formUnion([state.base, state.checkout]) }
        roots.formUnion(try mountedCommits())
        // What runs may not lose its files, also where nobody can tell any more which they are.
        for damaged in try damagedContainers() where try FileLock.isHeld(files(of: damaged.id).running) {
            throw EngineError.damagedContainer(damaged.id, reason: "it runs, and what it needs can't be told")
        }
        return roots.sorted()
    }
}
