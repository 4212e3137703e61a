import Glibc
import Linux
import Model
import ObjectStore
import Snapshot

extension Repository {
    /// The tree of a container or of a revision.
    /// - Parameter scratch: takes what a container's files make of it; nothing is stored.
    public func tree(of text: String, in scratch: WorkingObjects) throws -> ObjectID {
        if let container = try containerIfPresent(text) { return try workingTree(of: container, in: scratch) }
        return try content(of: try resolve(text)).fs
    }

    /// What the container's files are now.
    public func workingTree(of container: Container, in scratch: WorkingObjects) throws -> ObjectID {
        try withLockToLook(container) {
            try capture(container, try state(of: container), to: scratch, isStored: { _, _, _ in true })
        }
    }

    /// Captures the container's upper directory. The caller holds the container's lock.
    func capture(
        _ container: Container, _ state: ContainerState, to sink: any ObjectSink,
        isStored: @escaping (ObjectID, _ size: UInt64, _ holes: [Range<UInt64>]) throws -> Bool
    ) throws -> ObjectID {
        let store = try store()
        let below = try content(of: state.checkout).fs
        let files = files(of: container.id)
        guard try Files.exists(KernelPath(files.upper(state.upper))) else { return below }
        let upper = try Files.openDirectory(KernelPath(files.upper(state.upper)))
        // A page that a process has mapped and written to changes the file's ctime only when it is written out: what
        // the index remembers would miss later writes to it.
        if case .running = state.status { try upper.synchronizeFilesystem() }
        let saved = try Files.contentsIfPresent(files.index) ?? []
        let capture = Capture(
            from: store, to: sink, index: FileIndex(decoding: saved, now: Timestamp.now()), isStored: isStored)
        if let working = sink as? WorkingObjects {
            let directory = files.upper(state.upper)
            // Against what has been committed meanwhile, a file that is new on the checkout may be an old one.
            capture.givesProvisionalIDs = working.isLazy && state.base == state.checkout
            capture.newFiles = working.newFiles
            capture.located = { working.locate($0, at: $1, below: directory) }
        }
        let tree = try capture.upper(upper, over: below, leavingOut: state.mountPoints)
        if capture.index.isChanged {
            // A cache, and often only a look at the container: on a full disk or a read-only filesystem the next
            // capture reads the files again, and nothing else is lost.
            do throws(SystemError) {
                try Files.replace(files.index, with: capture.index.encoded(), isDurable: false)
            } catch {}
        }
        return tree
    }
}

extension Timestamp {
    /// The time by the clock that the kernel stamps files with.
    static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: UInt32(time.tv_nsec))
    }

    /// The time as exactly as the clock tells it.
    static func clock() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: UInt32(time.tv_nsec))
    }

    static let distantPast = Timestamp(seconds: 0)
}
