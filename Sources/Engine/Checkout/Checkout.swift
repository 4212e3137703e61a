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
        let image = try Mounts.erofs(KernelPath(try repository.metadataImage(of: tree)))
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
        case .directory: return CheckoutChoice(mode: .directory, reason: "asked for")
        case .image: return CheckoutChoice(mode: .image, reason: "asked for")
        case .automatic: break
        }
        // Trying costs a few mounts, so what came of it is kept for the kernel that it was tried on.
        let path = "\(root)/checkouts/.choice"
        let kernel = Self.kernelRelease()
        if let saved = try Files.contentsIfPresent(path) {
            let lines = String(decoding: saved, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            if lines.count >= 3, lines[0] == kernel, let mode = CheckoutMode(rawValue: String(lines[1])) {
                return CheckoutChoice(mode: mode, reason: String(lines[2]))
            }
        }
        let features = KernelFeatures.probe(in: try Files.openDirectory(KernelPath("\(root)/images")))
        let choice =
            switch (features.erofs, features.dataOnlyLayers) {
            case (.available, .available):
                CheckoutChoice(mode: .image, reason: "the kernel mounts EROFS files and data-only layers")
            case (.unavailable(let why), _):
                CheckoutChoice(mode: .directory, reason: "the kernel can't mount an EROFS file: \(why)")
            case (_, .unavailable(let why)):
                CheckoutChoice(mode: .directory, reason: "overlayfs can't use a data-only layer: \(why)")
            }
        try Files.replace(
            path, with: Array("\(kernel)\n\(choice.mode.rawValue)\n\(choice.reason)\n".utf8), isDurable: false)
        return choice
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
