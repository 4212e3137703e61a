import CLinux
import Glibc
import Linux
import Model

/// A running container, seen from the host by way of its first process. Nothing here goes by the container's own `/proc`, which
/// is whatever its processes have made of it.
public struct LiveContainer: ~Copyable {
    let process: SharedDescriptor
    /// The process's directory in the host's `/proc`: of this process, whoever gets its number later.
    private let directory: Descriptor
    /// Where its processes see `/`. Paths in it are to be resolved with ``Resolution/inRoot``.
    public let root: Descriptor
    /// Those that are not the caller's own.
    let namespaces: Set<Specification.Namespace>

    private init(opening process: borrowing ProcessHandle) throws(SystemError) {
        let directory = try Files.open(KernelPath("/proc/\(process.pid)"), flags: O_PATH | O_DIRECTORY)
        let own = try Files.open("/proc/self", flags: O_PATH | O_DIRECTORY)
        let namespaces = try LiveContainer.namespaces(of: directory.reference, notOf: own.reference)
        let root = try Files.open("root", in: directory.reference, flags: O_PATH | O_DIRECTORY)
        self.process = SharedDescriptor(try process.descriptor.duplicate())
        self.namespaces = namespaces
        self.directory = directory
        self.root = root
    }

    /// - Parameter process: the container's first process.
    public static func open(_ process: borrowing ProcessHandle) throws(RuntimeError) -> LiveContainer {
        let subject = "process \(process.pid)"
        let container: LiveContainer
        do throws(SystemError) { container = try LiveContainer(opening: process) } catch {
            // Of a process that has ended, reaped or not, the kernel tells none of this.
            if (try? process.hasEnded()) == true { throw ended(subject) }
            throw RuntimeError("look at container", subject, error)
        }
        // Only now is it sure that the number was this process's all the time.
        if try doing("look at container", subject, { () throws(SystemError) in try process.hasEnded() }) {
            throw ended(subject)
        }
        return container
    }

    private static func ended(_ subject: String) -> RuntimeError {
        RuntimeError(.failed, "look at container", subject, "it has ended")
    }

    private static func namespaces(
        of directory: DirectoryReference, notOf own: DirectoryReference
    ) throws(SystemError) -> Set<Specification.Namespace> {
        var result: Set<Specification.Namespace> = []
        for namespace in Specification.Namespace.allCases {
            let path = KernelPath("ns/\(namespace.fileName)")
            // What this kernel has no file for it does not keep apart.
            guard try Files.exists(path, in: own) else { continue }
            if try Files.readLink(path, in: directory) != Files.readLink(path, in: own) { result.insert(namespace) }
        }
        return result
    }

    /// What stands at a path as the container's processes see it; nil where nothing does or it can't be looked at.
    func kind(at path: BytePath) -> FileKind? {
        do throws(SystemError) {
            return try Files.open(
                KernelPath(relative: path), in: root.reference, flags: O_PATH, resolve: [.inRoot, .noMagicLinks]
            ).status().kind
        } catch { return nil }
    }

    /// The control groups that the process is in, but for those of the caller.
    func controlGroups() throws(SystemError) -> ControlGroups {
        try ControlGroups.entered(by: directory.reference, in: ControlHierarchies.mounted())
    }

    /// The host's number of one of the container's users; nil where it has none.
    func hostID(ofUser uid: UInt32) throws(SystemError) -> UInt32? {
        guard namespaces.contains(.user) else { return uid }
        let map = try Files.open("uid_map", in: directory.reference, flags: O_RDONLY).readAll(limit: 1 << 20)
        for line in map.split(separator: UInt8(ascii: "\n")) {
            let numbers = line.split(separator: UInt8(ascii: " ")).compactMap {
                UInt32(String(decoding: $0, as: UTF8.self))
            }
            guard numbers.count == 3, uid >= numbers[0], uid - numbers[0] < numbers[2] else { continue }
            return numbers[1] + (uid - numbers[0])
        }
        return nil
    }

    /// A new terminal in the container's own devpts, so that its processes find it by name. What stands at `/dev/pts` may be
    /// anything: it has to be a devpts, and no symlink leads there.
    func openTerminal(owner: UInt32) throws(SystemError) -> PseudoTerminal {
        let devpts = try Files.open(
            "dev/pts", in: root.reference, flags: O_PATH | O_DIRECTORY, resolve: [.inRoot, .noSymlinks, .noMagicLinks])
        guard try devpts.filesystemType() == LiveContainer.devptsMagic else {
            throw SystemError("open terminal in", "/dev/pts, which is no devpts", .noDevice)
        }
        let terminal = try PseudoTerminal.open(in: devpts.reference)
        try system("change owner of", "terminal") { fchown(terminal.inner.raw, owner, gid_t.max) }
        return terminal
    }

    /// linux/magic.h, DEVPTS_SUPER_MAGIC.
    private static let devptsMagic = 0x1cd1
}

extension Specification.Namespace {
    /// Below `/proc/PID/ns`.
    var fileName: String {
        switch self {
        case .mount: "mnt"
        case .network: "net"
        default: rawValue
        }
    }
}
