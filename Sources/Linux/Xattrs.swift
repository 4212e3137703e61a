import CLinux
import Glibc
import Model

/// Extended attributes of an entry itself, never of what a symlink points at (xattr(7)).
public enum Xattrs {
    /// All attributes that the process may see, sorted by name.
    public static func all(
        _ path: KernelPath, in directory: DirectoryReference
    ) throws(SystemError) -> [ExtendedAttribute] {
        let full = procPath(path, in: directory)
        let list = try grown("list attributes of", path) { llistxattr(full, $0, $1) }
        var result: [ExtendedAttribute] = []
        for name in list.split(separator: 0) {
            let name = ByteName(name)
            // Gone between the two calls: as if it had never been listed.
            guard let value = try value(of: name, path, in: directory) else { continue }
            result.append(ExtendedAttribute(name: name, value: value))
        }
        return result.sorted { $0.name < $1.name }
    }

    /// Nil where the file has no such attribute.
    public static func value(
        of name: ByteName, _ path: KernelPath, in directory: DirectoryReference
    ) throws(SystemError) -> [UInt8]? {
        let full = procPath(path, in: directory)
        let key = KernelPath(name).bytes
        do throws(SystemError) {
            return try grown("read attribute \(name) of", path) { lgetxattr(full, key, $0, $1) }
        } catch {
            if error.errno == .noData || error.errno == .notSupported { return nil }
            throw error
        }
    }

    public static func set(
        _ attribute: ExtendedAttribute, _ path: KernelPath, in directory: DirectoryReference
    ) throws(SystemError) {
        let full = procPath(path, in: directory)
        let key = KernelPath(attribute.name).bytes
        try system("set attribute \(attribute.name) of", path.description) {
            lsetxattr(full, key, attribute.value, attribute.value.count, 0)
        }
    }

    public static func remove(
        _ name: ByteName, _ path: KernelPath, in directory: DirectoryReference
    ) throws(SystemError) {
        let full = procPath(path, in: directory)
        let key = KernelPath(name).bytes
        try system("remove attribute \(name) of", path.description) { lremovexattr(full, key) }
    }

    // The *xattrat calls came with kernel 6.13; through /proc the older ones take a directory too.
    private static func procPath(_ path: KernelPath, in directory: DirectoryReference) -> [CChar] {
        if directory.raw == AT_FDCWD { return path.bytes }
        return "/proc/self/fd/\(directory.raw)/".utf8.map { CChar(bitPattern: $0) } + path.bytes
    }

    /// Calls with a buffer that grows until the value fits (ERANGE says that it did not).
    private static func grown(
        _ operation: String, _ path: KernelPath, _ call: (UnsafeMutablePointer<CChar>?, Int) -> Int
    ) throws(SystemError) -> [UInt8] {
        var capacity = 1024
        while true {
            var buffer = [CChar](repeating: 0, count: capacity)
            do throws(SystemError) {
                let count = try system(operation, path.description) {
                    buffer.withUnsafeMutableBufferPointer { call($0.baseAddress, $0.count) }
                }
                return buffer[..<count].map { UInt8(bitPattern: $0) }
            } catch {
                guard error.errno == .range, capacity < 1 << 20 else { throw error }
                capacity *= 8
            }
        }
    }
}
