import Glibc
import Linux
import Model
import ObjectStore

/// A varve repository: the objects, tags and containers below one directory, and every verb on them.
public final class Repository {
    public let root: String
    public let checkoutMode: CheckoutMode
    /// Opened when first needed: what `run` touches must not wait for it.
    private var openedStore: ObjectStore?

    /// Which way commits become root filesystems.
    public enum CheckoutMode: String, Sendable {
        /// Metadata images where the kernel can, directories where not.
        case automatic
        case image
        case directory
    }

    /// Opens the repository at `root`, made when there is none.
    public init(at root: String, checkoutMode: CheckoutMode = .automatic) throws {
        self.root = root
        self.checkoutMode = checkoutMode
        if try Files.exists(KernelPath("\(root)/git/HEAD")) { return }
        do {
            try Files.makeDirectories(root)
            try ObjectStore.create(at: root)
        } catch let error as SystemError {
            throw EngineError.unusableRoot(root, reason: error.description)
        }
        for name in ["containers", "names", "images", "checkouts"] { try Files.makeDirectories("\(root)/\(name)") }
    }

    /// The objects and refs. The first use completes an operation that was cut short.
    public func store() throws -> ObjectStore {
        if let openedStore { return openedStore }
        let store = try ObjectStore(opening: root)
        openedStore = store
        try store.recover { moves in try self.apply(moves) }
        return store
    }
}
