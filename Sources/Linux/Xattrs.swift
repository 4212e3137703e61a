import CLinux
import Glibc
import Model

/// Extended attributes of an entry itself, never of what a symlink points at (xattr(7)).
public enum Xattrs {
    /// All attributes that the process may see, sorted by name.
    /// - Parameter isWanted: the values of other attributes are not read, and left out.
    public static func all(
        _ path: KernelPath, in directory: DirectoryReference, where isWanted: (ByteName) -> Bool = { _ in true }
    ) throws(SystemError) -> [ExtendedAttribute] {
        let list = try names(path, in: directory)
        if list.isEmpty { return [] }
        var result: [ExtendedAttribute] = []
        for name in list.split(separator: 0) {
            let name = ByteName(name)
            guard isWanted(name) else { continue }
            // Gone between the two calls: as if it had never been listed.
            guard let value = try value(of: name, path, in: directory) else { continue }
            result.append(ExtendedAttribute(name: name, value: value))
        }
        return result.sorted { $0.name < $1.name }
    }

    /// The names, each with a NUL behind it. Most files have none, so this is asked in the quickest way there is.
    private static func names(_ path: KernelPath, in directory: DirectoryReference) throws(SystemError) -> [UInt8] {
        do throws(SystemError) {
            return try grown("list attributes of", path.description) { buffer, count in
                varve_listxattrat(directory.raw, path.bytes, buffer, count)
            }
        } catch {
            guard error.errno == .noSystemCall else { throw error }
        }
        let full = procPath(path, in: directory)
        return try grown("list attributes of", path.description) { llistxattr(full, $0, $1) }
    }

    /// Nil where the file has no such attribute.
    public static func value(
        of name: ByteName, _ path: KernelPath, in directory: DirectoryReference
    ) throws(SystemError) -> [UInt8]? {
        let full = procPath(path, in: directory)
        let key = KernelPath(name).bytes
        do throws(SystemError) {
            return try grown("read attribute \(name) of", path.description) { lgetxattr(full, key, $0, $1) }
        } catch {
            if error.errno == .noData || error.errno == .notSupported { return nil }
            throw error
        }
    }

    /// The same of an open file.
    public static func value(of name: ByteName, of file: borrowing Descriptor) throws(SystemError) -> [UInt8]? {
        let raw = file.raw
        let key = KernelPath(name)
        do throws(SystemError) {
            return try grown("read attribute \(name) of", "descriptor \(raw)") { fgetxattr(raw, key.bytes, $0, $1) }
        } catch {
            if error.errno == .noData || error.errno == .notSupported { return nil }
            throw error
        }
    }

    /// All attributes of a file that is open in any way, also with O_PATH, sorted by name.
    public static func all(behind file: borrowing Descriptor) throws(SystemError) -> [ExtendedAttribute] {
        // By what /proc shows of the descriptor, which leads to the very file, also to a symlink itself.
        let path = KernelPath(file.procPath)
        let list = try grown("list attributes of", path.description) { listxattr(path.bytes, $0, $1) }
        var result: [ExtendedAttribute] = []
        for name in list.split(separator: 0) {
            let key = KernelPath(name).bytes
            do throws(SystemError) {
                let value = try grown("read attribute of", path.description) { getxattr(path.bytes, key, $0, $1) }
                result.append(ExtendedAttribute(name: ByteName(name), value: value))
            } catch {
                // Gone between the two calls.
                if error.errno != .noData { throw error }
            }
        }
        return result.sorted { $0.name < $1.name }
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
        _ operation: @autoclosure () -> String, _ subject: @autoclosure () -> String,
        _ call: (UnsafeMutablePointer<CChar>?, Int) -> Int
    ) throws(SystemError) -> [UInt8] {
        // On the stack: nearly every call finds nothing.
        let first = try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer throws(SystemError) in
            try attempt(operation(), subject(), buffer, call)
        }
        if let first { return first }
        var capacity = 4096
        while true {
            var buffer = [CChar](repeating: 0, count: capacity)
            do throws(SystemError) {
                let count = try system(operation(), subject()) {
                    buffer.withUnsafeMutableBufferPointer { call($0.baseAddress, $0.count) }
                }
                return buffer[..<count].map { UInt8(bitPattern: $0) }
            } catch {
                guard error.errno == .range, capacity < 1 << 20 else { throw error }
                capacity *= 8
            }
        }
    }

    /// Nil where the buffer is too small.
    private static func attempt(
        _ operation: @autoclosure () -> String, _ subject: @autoclosure () -> String,
        _ buffer: UnsafeMutableBufferPointer<CChar>,
        _ call: (UnsafeMutablePointer<CChar>?, Int) -> Int
    ) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            let count = try system(operation(), subject()) { call(buffer.baseAddress, buffer.count) }
            return count == 0 ? [] : [UInt8](UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
        } catch {
            if error.errno == .range { return nil }
            throw error
        }
    }
}
