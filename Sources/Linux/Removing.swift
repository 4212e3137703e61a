import Glibc
import Model

extension Files {
    /// Removes a directory with all that is below it, or a file; nothing there is fine. Follows no symlink, and
    /// stays on the directory's own filesystem. However deep the tree is, few directories are open at a time.
    public static func removeAll(_ path: KernelPath, in parent: DirectoryReference = .current) throws(SystemError) {
        guard let status = try statusIfPresent(path, in: parent) else { return }
        guard status.kind == .directory else { return try remove(path, in: parent) }
        do throws(SystemError) { return try removeDirectory(path, in: parent) } catch {
            if error.errno != .notEmpty && error.errno != .exists { throw error }
        }
        let directory = try openDirectory(path, in: parent, resolve: parent.isCurrent ? [] : .noMountCrossing)
        if status.permissions & 0o700 != 0o700 { try setPermissions(".", in: directory.reference, 0o700) }
        var lifted = 0
        // What is too deep comes up to here, and is a tree of its own the next time.
        while try empty(directory, depth: 0, top: directory.reference, &lifted) {}
        try removeDirectory(path, in: parent)
    }

    /// How many directories are open at a time, beside the top one.
    private static let deepest = 16

    /// - Parameter lifted: how many directories were moved up to `top`, for their names there.
    /// - Returns: whether there was anything in the directory.
    private static func empty(
        _ directory: borrowing Descriptor, depth: Int, top: DirectoryReference, _ lifted: inout Int
    ) throws(SystemError) -> Bool {
        let names = try names(in: directory)
        for name in names {
            let entry = KernelPath(name)
            guard let status = try statusIfPresent(entry, in: directory.reference) else { continue }
            guard status.kind == .directory else {
                try remove(entry, in: directory.reference)
                continue
            }
            do throws(SystemError) {
                try removeDirectory(entry, in: directory.reference)
                continue
            } catch {
                if error.errno != .notEmpty && error.errno != .exists { throw error }
            }
            let child = try openDirectory(entry, in: directory.reference, resolve: .noMountCrossing)
            // Only a directory that its owner may not write needs this, and only where varve is not root.
            if status.permissions & 0o700 != 0o700 { try setPermissions(".", in: child.reference, 0o700) }
            if depth == deepest {
                try lift(entry, from: directory.reference, to: top, &lifted)
            } else {
                _ = try empty(child, depth: depth + 1, top: top, &lifted)
                try removeDirectory(entry, in: directory.reference)
            }
        }
        return !names.isEmpty
    }

    private static func lift(
        _ entry: KernelPath, from directory: DirectoryReference, to top: DirectoryReference, _ lifted: inout Int
    ) throws(SystemError) {
        while true {
            lifted += 1
            do throws(SystemError) {
                return try rename(
                    entry, in: directory, to: KernelPath(".removed.\(lifted)"), in: top, flags: noReplace)
            } catch {
                // The tree itself may hold such a name.
                if error.errno != .exists { throw error }
            }
        }
    }
}

extension DirectoryReference {
    fileprivate var isCurrent: Bool { raw == AT_FDCWD }
}
