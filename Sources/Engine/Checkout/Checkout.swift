import Glibc
import Linux
import Model
import ObjectStore
import Snapshot

/// How a commit's tree becomes a mounted root filesystem.
///
/// Two ways give the same files: a metadata image over the pool, which costs the same whatever the tree holds, and
/// a directory with the tree written out, for kernels without the former.
protocol Checkout {
    /// Mounts the tree, detached.
    /// - Parameters:
    ///   - writable: where changes go; nil makes a mount that can't be written.
    ///   - owners: whose user namespace it is for, so that who owns what in the tree does so there; then `writable` is on a
    ///     mount that it maps. Nil for the host's.
    func mount(_ tree: ObjectID, in repository: Repository, writable: WritableLayer?, owners: UserNamespace?) throws
        -> Descriptor
}

/// Where changes to a mounted tree go.
struct WritableLayer {
    var upper: DirectoryReference
    /// Empty, and on the same filesystem.
    var work: DirectoryReference
}

extension Checkout {
    /// With the owners that the tree says.
    func mount(_ tree: ObjectID, in repository: Repository, writable: WritableLayer?) throws -> Descriptor {
        try mount(tree, in: repository, writable: writable, owners: nil)
    }
}

struct ImageCheckout: Checkout {
    func mount(
        _ tree: ObjectID, in repository: Repository, writable: WritableLayer?, owners: UserNamespace?
    ) throws -> Descriptor {
        let file = try repository.metadataImage(of: tree)
        let image = try Mounts.erofs(KernelPath(file.procPath))
        try owners.map(image, named: "metadata image")
        let pool = try owners.openLayer("\(repository.root)/pool")
        return try owners.overlay(
            OverlayLayers(
                lower: [image.reference], data: [pool.reference], writable: writable.map { ($0.upper, $0.work) }))
    }
}

struct DirectoryCheckout: Checkout {
    func mount(
        _ tree: ObjectID, in repository: Repository, writable: WritableLayer?, owners: UserNamespace?
    ) throws -> Descriptor {
        let directory = try owners.openLayer(try repository.directoryCheckout(of: tree))
        guard writable == nil else {
            return try owners.overlay(
                OverlayLayers(lower: [directory.reference], writable: writable.map { ($0.upper, $0.work) }))
        }
        // One layer alone needs no overlay, but then its escaped attributes would show; an empty second layer does.
        let empty = try Files.openDirectory(KernelPath(try repository.emptyDirectory()))
        return try owners.overlay(OverlayLayers(lower: [directory.reference, empty.reference]))
    }
}

extension Repository {
    /// What is in use here, and why.
    public struct CheckoutChoice: Sendable {
        public let mode: CheckoutMode
        public let reason: String
    }

    /// The way that `checkoutMode` asks for, or the best that the kernel has.
    func checkout() throws -> any Checkout {
        switch try checkoutChoice().mode {
        case .directory: DirectoryCheckout()
        default: ImageCheckout()
        }
    }

    public func checkoutChoice() throws -> CheckoutChoice {
        switch checkoutMode {
        case .directory: CheckoutChoice(mode: .directory, reason: "asked for")
        case .image: CheckoutChoice(mode: .image, reason: "asked for")
        case .automatic: try place().choice
        }
    }

    func emptyDirectory() throws -> String {
        let path = "\(root)/checkouts/.empty"
        try Files.makeDirectories(path)
        return path
    }

    static func kernelRelease() -> String {
        var name = utsname()
        guard uname(&name) == 0 else { return "unknown" }
        return withUnsafeBytes(of: name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
