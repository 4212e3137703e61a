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
    /// - Parameter writable: where changes go; nil makes a mount that can't be written.
    func mount(
        _ tree: ObjectID, in repository: Repository, writable: (upper: DirectoryReference, work: DirectoryReference)?
    ) throws -> Descriptor
}

struct ImageCheckout: Checkout {
    func mount(
        _ tree: ObjectID, in repository: Repository, writable: (upper: DirectoryReference, work: DirectoryReference)?
    ) throws -> Descriptor {
        let file = try repository.metadataImage(of: tree)
        let image = try Mounts.erofs(KernelPath(file.procPath))
        let pool = try Files.openDirectory(KernelPath("\(repository.root)/pool"))
        return try Mounts.overlay(
            OverlayLayers(lower: [image.reference], data: [pool.reference], writable: writable))
    }
}

struct DirectoryCheckout: Checkout {
    func mount(
        _ tree: ObjectID, in repository: Repository, writable: (upper: DirectoryReference, work: DirectoryReference)?
    ) throws -> Descriptor {
        let directory = try Files.openDirectory(KernelPath(try repository.directoryCheckout(of: tree)))
        guard writable == nil else {
            return try Mounts.overlay(OverlayLayers(lower: [directory.reference], writable: writable))
        }
        // One layer alone needs no overlay, but then its escaped attributes would show; an empty second layer does.
        let empty = try Files.openDirectory(KernelPath(try repository.emptyDirectory()))
        return try Mounts.overlay(OverlayLayers(lower: [directory.reference, empty.reference]))
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
