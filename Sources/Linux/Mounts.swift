import CLinux
import Glibc
import Model

/// What overlayfs stacks. The references must outlive the call only: the mount holds the directories itself.
public struct OverlayLayers: Sendable {
    /// The topmost first; a directory or a detached mount. At least one.
    public var lower: [DirectoryReference]
    /// Directories that only hold bodies which metacopy files of `lower` point at
    /// (Documentation/filesystems/overlayfs.rst, "Data-only lower layers").
    public var data: [DirectoryReference]
    /// Where changes go, and an empty directory on the same filesystem. Nil makes a mount that can't be written.
    public var writable: (upper: DirectoryReference, work: DirectoryReference)?

    public init(
        lower: [DirectoryReference], data: [DirectoryReference] = [],
        writable: (upper: DirectoryReference, work: DirectoryReference)? = nil
    ) {
        self.lower = lower
        self.data = data
        self.writable = writable
    }
}

/// Mounts as owned descriptors, attached nowhere until somebody says where.
public enum Mounts {
    /// An EROFS image mounted from its file (kernel 6.12 or later), read-only.
    public static func erofs(_ image: KernelPath) throws(SystemError) -> Descriptor {
        let context = try FilesystemContext("erofs")
        try context.set("source", image)
        return try context.mount(.readOnly)
    }

    /// An overlay with `metacopy=on` and `redirect_dir=on`, as capture expects an upper directory to be written.
    ///
    /// Layers are given as descriptors (kernel 6.13 or later), and where those are refused as paths in `/proc`.
    public static func overlay(
        _ layers: OverlayLayers, options: [(key: KernelPath, value: KernelPath)] = []
    ) throws(SystemError) -> Descriptor {
        do throws(SystemError) {
            return try overlay(layers, options) { context, key, layer throws(SystemError) in
                try context.set(key, to: layer)
            }
        } catch {
            guard error.errno == .invalid else { throw error }
            // Tell of the first try when the second fails too: it is the one that should have worked.
            let first = error
            do throws(SystemError) { return try overlayByPath(layers, options: options) } catch { throw first }
        }
    }

    /// The same without descriptors as layers, for kernels 6.7 to 6.12.
    static func overlayByPath(
        _ layers: OverlayLayers, options: [(key: KernelPath, value: KernelPath)] = []
    ) throws(SystemError) -> Descriptor {
        try overlay(layers, options) { context, key, layer throws(SystemError) in
            try context.set(key, KernelPath("/proc/self/fd/\(layer.raw)"))
        }
    }

    private static func overlay(
        _ layers: OverlayLayers, _ options: [(key: KernelPath, value: KernelPath)],
        add: (borrowing FilesystemContext, KernelPath, DirectoryReference) throws(SystemError) -> Void
    ) throws(SystemError) -> Descriptor {
        let context = try FilesystemContext("overlay")
        try context.set("source", "varve")
        for layer in layers.lower { try add(context, "lowerdir+", layer) }
        for layer in layers.data { try add(context, "datadir+", layer) }
        if let writable = layers.writable {
            try add(context, "upperdir", writable.upper)
            try add(context, "workdir", writable.work)
        }
        try context.set("metacopy", "on")
        try context.set("redirect_dir", layers.writable == nil ? "follow" : "on")
        for option in options { try context.set(option.key, option.value) }
        // What a tree holds comes from strangers: none of its devices is one of the host's, and outside of containers
        // none of its programs changes who runs it.
        return try context.mount(layers.writable == nil ? [.readOnly, .noDevices, .noSetuid] : .noDevices)
    }

    /// A new tmpfs.
    /// - Parameter options: such as `size` and `mode` (Documentation/filesystems/tmpfs.rst).
    public static func tmpfs(
        _ options: [(key: KernelPath, value: KernelPath)] = [], attributes: MountAttributes = []
    ) throws(SystemError) -> Descriptor {
        let context = try FilesystemContext("tmpfs")
        try context.set("source", "tmpfs")
        for option in options { try context.set(option.key, option.value) }
        return try context.mount(attributes)
    }

    /// A new instance of devpts: terminals that no other instance shows
    /// (Documentation/filesystems/devpts.rst).
    public static func devpts(
        _ options: [(key: KernelPath, value: KernelPath)] = [
            ("ptmxmode", "0666"), ("mode", "620"), ("gid", "5"),
        ], attributes: MountAttributes = [.noSetuid, .noExecution]
    ) throws(SystemError) -> Descriptor {
        let context = try FilesystemContext("devpts")
        try context.set("source", "devpts")
        for option in options { try context.set(option.key, option.value) }
        return try context.mount(attributes)
    }

    /// A second mount of what is at `path`, whose last symlink is followed. Nothing mounted on it later, or on the
    /// original, shows in the other.
    /// - Parameters:
    ///   - recursive: with all that is mounted below it.
    ///   - isPrivate: else it stays in the original's peer group, and what is mounted on either spreads.
    public static func bind(
        _ path: KernelPath, in directory: DirectoryReference = .current, recursive: Bool = true, isPrivate: Bool = true
    ) throws(SystemError) -> Descriptor {
        let flags = UInt32(VARVE_OPEN_TREE_CLONE) | (recursive ? UInt32(VARVE_AT_RECURSIVE) : 0)
        let mount = Descriptor(
            owning: try system("bind", path.description) { varve_open_tree(directory.raw, path.bytes, flags) })
        if isPrivate { try setPropagation(mount, UInt64(VARVE_PROPAGATION_PRIVATE), recursive: true) }
        return mount
    }

    /// Sets and clears attributes of a mount, and of all below it if `recursive`.
    public static func setAttributes(
        _ mount: borrowing Descriptor, set: MountAttributes, clear: MountAttributes = [], recursive: Bool = false
    ) throws(SystemError) {
        let raw = mount.raw
        try system("set mount attributes", "") {
            varve_mount_setattr(raw, "", recursive ? 1 : 0, set.rawValue, clear.rawValue, 0)
        }
    }

    /// How what is mounted later spreads from and to a mount (mount_namespaces(7)), and all below it if `recursive`.
    /// - Parameter propagation: `VARVE_PROPAGATION_*`.
    public static func setPropagation(
        _ mount: borrowing Descriptor, _ propagation: UInt64, recursive: Bool
    ) throws(SystemError) {
        let raw = mount.raw
        try system("set mount propagation", "") {
            varve_mount_setattr(raw, "", recursive ? 1 : 0, 0, 0, propagation)
        }
    }

    /// Attaches a detached mount at an existing file or directory.
    public static func attach(
        _ mount: borrowing Descriptor, at path: KernelPath, in directory: DirectoryReference = .current
    ) throws(SystemError) {
        let raw = mount.raw
        try system("mount at", path.description) { varve_move_mount(raw, directory.raw, path.bytes) }
    }

    /// Gives this thread a mount namespace of its own, from and to which nothing spreads (mount_namespaces(7)).
    public static func enterOwnNamespace() throws(SystemError) {
        try system("make mount namespace", "") { varve_enter_mount_namespace() }
        let root = try Files.open("/", flags: O_PATH | O_DIRECTORY)
        try setPropagation(root, UInt64(VARVE_PROPAGATION_PRIVATE), recursive: true)
    }

    /// Takes the topmost mount at `path` away; what still uses it keeps it (umount2(2), MNT_DETACH).
    public static func detach(_ path: KernelPath) throws(SystemError) {
        try system("unmount", path.description) { varve_unmount(path.bytes) }
    }
}
