import Glibc
import Model

/// The groups that a container may have made below its own: any number, at any depth, and while this looks.
extension ControlGroup {
    /// The processes of the group and of those below it. Empty where the group is gone.
    public func processes() throws(SystemError) -> [Int32] { try ids(in: "cgroup.procs") }

    /// How many threads they have.
    public func threadCount() throws(SystemError) -> Int {
        try ids(in: version == .two ? "cgroup.threads" : "tasks").count
    }

    private func ids(in file: KernelPath) throws(SystemError) -> [Int32] {
        var ids: [Int32] = []
        try walk { directory throws(SystemError) in
            do throws(SystemError) {
                let text = try Files.open(file, in: directory.reference, flags: O_RDONLY).readAll(limit: 64 << 20)
                ids += text.split(separator: UInt8(ascii: "\n")).compactMap {
                    Int32(String(decoding: $0, as: UTF8.self))
                }
            } catch {
                // A threaded group's processes are told of by the group above; a group may go while it is looked at.
                if ![.notSupported, .noDevice, .noEntry].contains(error.errno) { throw error }
            }
        } leaving: { _, _ in
        }
        return ids
    }

    /// Removes the group with those below it. One that is gone already counts as removed.
    /// - Throws: EBUSY where a process is in one of them.
    func removeTree() throws(SystemError) {
        try walk { _ in
        } leaving: { name, parent throws(SystemError) in
            try ControlGroup.discard(KernelPath(name), in: parent.reference)
        }
        try ControlGroup.discard(KernelPath(path.bytes), in: .current)
    }

    private static func discard(_ path: KernelPath, in parent: DirectoryReference) throws(SystemError) {
        do throws(SystemError) { try Files.removeDirectory(path, in: parent) } catch {
            if error.errno != .noEntry { throw error }
        }
    }

    /// Visits the group and all below it. One directory is open at a time, and the names are not put together to a path,
    /// so that no depth is too deep.
    /// - Parameters:
    ///   - visit: on the way down.
    ///   - leaving: on the way up, of each group but the first: its name and the directory above it.
    private func walk(
        _ visit: (borrowing Descriptor) throws(SystemError) -> Void,
        leaving: (ByteName, borrowing Descriptor) throws(SystemError) -> Void
    ) throws(SystemError) {
        guard var directory = try ControlGroup.openIfPresent(KernelPath(path.bytes), in: .current) else { return }
        var names: [ByteName] = []
        try visit(directory)
        var pending = [try ControlGroup.subgroups(directory)]
        while true {
            if let name = pending[pending.count - 1].popLast() {
                guard let child = try ControlGroup.openIfPresent(KernelPath(name), in: directory.reference) else {
                    continue
                }
                directory = child
                names.append(name)
                try visit(directory)
                pending.append(try ControlGroup.subgroups(directory))
            } else {
                pending.removeLast()
                guard let name = names.popLast() else { return }
                directory = try Files.openDirectory("..", in: directory.reference)
                try leaving(name, directory)
            }
        }
    }

    private static func openIfPresent(
        _ path: KernelPath, in parent: DirectoryReference
    ) throws(SystemError) -> Descriptor? {
        do throws(SystemError) { return try Files.openDirectory(path, in: parent) } catch {
            if error.errno == .noEntry || error.errno == .noDevice { return nil }
            throw error
        }
    }

    private static func subgroups(_ directory: borrowing Descriptor) throws(SystemError) -> [ByteName] {
        do throws(SystemError) {
            return try Files.entries(in: directory).filter { $0.kind == .directory }.map(\.name)
        } catch {
            // Removed since it was opened.
            if error.errno == .noEntry || error.errno == .noDevice { return [] }
            throw error
        }
    }
}
