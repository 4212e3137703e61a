import CLinux
import Glibc
import Model

/// What this kernel and filesystem can do for a checkout, found out by trying.
public struct KernelFeatures: Sendable, Hashable {
    /// Whether something works, and if not why.
    public enum Support: Sendable, Hashable {
        case available
        /// - Parameter isLasting: whether it is how the kernel and the filesystem are; else a passing failure, or a
        ///   missing right.
        case unavailable(reason: String, isLasting: Bool)

        init(_ error: SystemError) {
            self = .unavailable(reason: error.description, isLasting: error.errno.tellsOfLack)
        }

        public var isAvailable: Bool { self == .available }

        /// Whether another try would tell the same.
        public var isLasting: Bool {
            if case .unavailable(_, isLasting: false) = self { false } else { true }
        }
    }

    /// Mounting an EROFS image from a file on the tried filesystem.
    public let erofs: Support
    /// Stacking a data-only lower layer under such an image.
    public let dataOnlyLayers: Support
    /// Giving overlayfs its layers as descriptors. Without it they are given as paths, at no loss.
    public let layersByDescriptor: Support

    /// Tries in `directory`, on the filesystem that images and pool are on. Leaves nothing behind.
    public static func probe(in directory: borrowing Descriptor) -> KernelFeatures {
        do throws(SystemError) {
            let image = try Files.makeUnnamed(in: directory.reference)
            try image.write(smallestImage)
            let mount = try Mounts.erofs(KernelPath(image.procPath))
            let layers = OverlayLayers(lower: [mount.reference], data: [directory.reference])
            return KernelFeatures(
                erofs: .available,
                dataOnlyLayers: attempt { () throws(SystemError) in _ = try Mounts.overlay(layers) },
                layersByDescriptor: attempt { () throws(SystemError) in
                    let context = try FilesystemContext("overlay")
                    try context.set("lowerdir+", to: mount.reference)
                })
        } catch {
            let reason = Support(error)
            return KernelFeatures(erofs: reason, dataOnlyLayers: reason, layersByDescriptor: reason)
        }
    }

    private static func attempt(_ action: () throws(SystemError) -> Void) -> Support {
        do throws(SystemError) {
            try action()
            return .available
        } catch { return Support(error) }
    }

    /// An EROFS image of one empty directory (Documentation/filesystems/erofs.rst, fs/erofs/erofs_fs.h).
    private static var smallestImage: [UInt8] {
        let blockBits: UInt8 = 12
        var image = [UInt8](repeating: 0, count: 1 << Int(blockBits))
        func put(_ value: UInt64, bytes: Int, at offset: Int) {
            for index in 0..<bytes { image[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
        }
        let superblock = 1024
        let root = superblock + 128
        let rootNumber = UInt64(root / 32)
        put(0xe0f5_e1e2, bytes: 4, at: superblock)
        image[superblock + 12] = blockBits
        put(rootNumber, bytes: 2, at: superblock + 14)
        put(1, bytes: 8, at: superblock + 16)
        put(1, bytes: 4, at: superblock + 36)
        // A compact inode whose data, the entries `.` and `..`, follows it.
        put(2 << 1, bytes: 2, at: root)
        put(UInt64(S_IFDIR | 0o755), bytes: 2, at: root + 4)
        put(2, bytes: 2, at: root + 6)
        put(27, bytes: 4, at: root + 8)
        for (index, nameOffset) in [24, 25].enumerated() {
            let entry = root + 32 + 12 * index
            put(rootNumber, bytes: 8, at: entry)
            put(UInt64(nameOffset), bytes: 2, at: entry + 8)
            image[entry + 10] = 2
        }
        put(0x2e2e2e, bytes: 3, at: root + 32 + 24)
        return image
    }
}
