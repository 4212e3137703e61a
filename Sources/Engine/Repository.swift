import Glibc
import Linux
import Model
import ObjectStore

/// A varve repository: the objects, tags and containers below one directory, and every verb on them.
public final class Repository {
    public let root: String
    public let checkoutMode: CheckoutMode
    public let plugins: NetworkPlugins
    /// Takes what is not as it should be and kept nothing from being done, in one line.
    public var warned: (String) -> Void = { _ in }
    /// What is said of a failure in such a line.
    public var worded: (any Error) -> String = { "\($0)" }
    /// Opened when first needed: what `run` touches must not wait for it.
    private var openedStore: ObjectStore?
    /// Read once: a command asks for them at each step, and nobody mounts others meanwhile.
    private var seenHierarchies: ControlHierarchies?
    /// Why an operation that was cut short could not be completed; nil where there is none.
    private var recoveryFailure: (any Error)?

    /// Which way commits become root filesystems.
    public enum CheckoutMode: String, Sendable {
        /// Metadata images where the kernel can, directories where not.
        case automatic
        case image
        case directory
    }

    /// Opens the repository at `root`, made when there is none.
    public init(
        at root: String, checkoutMode: CheckoutMode = .automatic, plugins: NetworkPlugins = NetworkPlugins()
    ) throws {
        self.root = root
        self.plugins = plugins
        self.checkoutMode = checkoutMode
        do {
            if try !Files.exists(KernelPath("\(root)/git/HEAD")) { try Self.create(at: root) }
            // Each time: caches may be taken away, and a process may have been killed before it made all.
            for name in ["containers", "names", "images", "checkouts"] {
                let path = KernelPath("\(root)/\(name)")
                do throws(SystemError) { try Files.makeDirectory(path, mode: 0o700) } catch {
                    if error.errno != .exists { throw error }
                }
            }
        } catch let error as SystemError {
            throw EngineError.unusableRoot(root, reason: error.description)
        }
    }

    /// Of several processes that find no repository, one makes it.
    private static func create(at root: String) throws {
        try Files.makeDirectories(root, mode: 0o700)
        let lock = try FileLock.acquire("\(root)/create.lock")
        try withExtendedLifetime(lock) {
            if try !Files.exists(KernelPath("\(root)/git/HEAD")) { try ObjectStore.create(at: root) }
        }
    }

    /// The objects and refs. The first use completes an operation that was cut short, where that can be.
    public func store() throws -> ObjectStore {
        if let openedStore { return openedStore }
        let store = try ObjectStore(opening: root)
        openedStore = store
        complete(in: store)
        return store
    }

    /// The hierarchies of control groups that are mounted.
    func hierarchies() throws(SystemError) -> ControlHierarchies {
        if let seenHierarchies { return seenHierarchies }
        let mounted = try ControlHierarchies.mounted()
        seenHierarchies = mounted
        return mounted
    }

    /// Completes an operation that another process was killed in: until then a container's state may be half of it.
    /// On a read-only filesystem, say, that can't be: what is there is good enough to be looked at.
    func recover() throws { complete(in: try store()) }

    /// As ``recover()``, for whoever changes something: half an operation is nothing to start from.
    func requireRecovered() throws {
        try recover()
        if let recoveryFailure { throw recoveryFailure }
    }

    private func complete(in store: ObjectStore) {
        do {
            try store.recover { moves in try self.apply(moves) }
            recoveryFailure = nil
        } catch { recoveryFailure = error }
    }
}
