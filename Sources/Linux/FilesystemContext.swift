import CLinux
import Glibc
import Model

/// A filesystem being configured (fsopen(2)). Failures carry the kernel's own explanation.
public struct FilesystemContext: ~Copyable, Sendable {
    private let descriptor: Descriptor
    private let type: KernelPath

    /// - Parameter type: as in `/proc/filesystems`, such as `overlay`.
    public init(_ type: KernelPath) throws(SystemError) {
        self.type = type
        descriptor = Descriptor(owning: try system("open filesystem", type.description) { varve_fsopen(type.bytes) })
    }

    public func set(_ key: KernelPath, _ value: KernelPath) throws(SystemError) {
        try configure("\(type): \(key)=\(value)", VARVE_FSCONFIG_STRING, key, value.bytes, 0)
    }

    public func set(_ key: KernelPath, to directory: DirectoryReference) throws(SystemError) {
        try configure("\(type): \(key)", VARVE_FSCONFIG_FD, key, nil, directory.raw)
    }

    public func set(flag key: KernelPath) throws(SystemError) {
        try configure("\(type): \(key)", VARVE_FSCONFIG_FLAG, key, nil, 0)
    }

    /// Makes the filesystem, as a mount that is attached nowhere and lives as long as its descriptor.
    public consuming func mount(_ attributes: MountAttributes = []) throws(SystemError) -> Descriptor {
        try configure("\(type)", VARVE_FSCONFIG_CREATE, nil, nil, 0)
        let raw = descriptor.raw
        do throws(SystemError) {
            return Descriptor(
                owning: try system("mount", type.description) { varve_fsmount(raw, UInt32(attributes.rawValue)) })
        } catch { throw explained(error) }
    }

    private func configure(
        _ subject: @autoclosure () -> String, _ command: some BinaryInteger, _ key: KernelPath?, _ value: [CChar]?,
        _ auxiliary: Int32
    ) throws(SystemError) {
        let raw = descriptor.raw
        do throws(SystemError) {
            try system("mount", subject()) {
                varve_fsconfig(raw, UInt32(command), key?.bytes, value, auxiliary)
            }
        } catch { throw explained(error) }
    }

    /// Adds the context's messages. Each read gives one: a letter for its kind, a space, text (fsopen(2)).
    private func explained(_ error: SystemError) -> SystemError {
        var error = error
        var messages: [String] = []
        var buffer = [UInt8](repeating: 0, count: 512)
        while messages.count < 8 {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor.raw, $0.baseAddress, $0.count) }
            // ENODATA says that there is no more; whatever else goes wrong, the first error is the one to tell.
            guard count > 2 else { break }
            messages.append(FilesystemContext.text(ofMessage: Array(buffer[..<count])))
        }
        error.detail = messages.joined(separator: "; ")
        return error
    }

    /// The text of one message as the kernel gives it, such as `e overlay: No changes allowed in reconfigure\n`.
    public static func text(ofMessage message: [UInt8]) -> String {
        var text = message.dropFirst(2)
        if text.last == UInt8(ascii: "\n") { text.removeLast() }
        return Escaping.displayed(Array(text))
    }
}

/// What a mount forbids, and how it keeps access times (mount_setattr(2), MOUNT_ATTR_*).
public struct MountAttributes: OptionSet, Sendable, Hashable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let readOnly = MountAttributes(rawValue: UInt64(VARVE_MOUNT_RDONLY))
    public static let noSetuid = MountAttributes(rawValue: UInt64(VARVE_MOUNT_NOSUID))
    /// No device file on it can be opened.
    public static let noDevices = MountAttributes(rawValue: UInt64(VARVE_MOUNT_NODEV))
    public static let noExecution = MountAttributes(rawValue: UInt64(VARVE_MOUNT_NOEXEC))
    public static let noAccessTimes = MountAttributes(rawValue: UInt64(VARVE_MOUNT_NOATIME))
    public static let strictAccessTimes = MountAttributes(rawValue: UInt64(VARVE_MOUNT_STRICTATIME))
    public static let noDirectoryAccessTimes = MountAttributes(rawValue: UInt64(VARVE_MOUNT_NODIRATIME))
    public static let noSymlinks = MountAttributes(rawValue: UInt64(VARVE_MOUNT_NOSYMFOLLOW))
    /// Not an attribute but the field that the kinds of access times share: to be cleared whenever one is set.
    public static let accessTimeMask = MountAttributes(rawValue: UInt64(VARVE_MOUNT_ATIME_MASK))
}
