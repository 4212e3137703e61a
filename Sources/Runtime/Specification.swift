import Linux
import Model

/// How a container runs: the part of the OCI runtime specification's `config.json` (version 1.2) that this runtime
/// carries out. A document that says more is refused, not cut down.
///
/// Paths, arguments and variables are bytes; such a document can only hold those that are UTF-8.
public struct Specification: Hashable, Sendable {
    public var process: Process
    public var root: Root
    /// Nil leaves the host's names, and needs no namespace of their own.
    public var hostname: String?
    public var domainname: String?
    /// Mounted in this order.
    public var mounts: [Mount]
    public var annotations: [Annotation]
    public var hooks = Hooks()
    public var linux: Linux

    public init(
        process: Process, root: Root = Root(), hostname: String? = nil, domainname: String? = nil,
        mounts: [Mount] = [], annotations: [Annotation] = [], linux: Linux = Linux()
    ) {
        self.process = process
        self.root = root
        self.hostname = hostname
        self.domainname = domainname
        self.mounts = mounts
        self.annotations = annotations
        self.linux = linux
    }

    /// The root filesystem. The runtime is given it as a mount; the path is what `config.json` says of it.
    public struct Root: Hashable, Sendable {
        public var path: ByteName
        public var isReadOnly: Bool

        public init(path: ByteName = "rootfs", isReadOnly: Bool = false) {
            self.path = path
            self.isReadOnly = isReadOnly
        }
    }

    /// One filesystem and where it goes.
    public struct Mount: Hashable, Sendable {
        /// Inside the root; symlinks on the way are followed inside the root.
        public var destination: BytePath
        /// `bind`, `proc`, `sysfs`, `cgroup`, `mqueue`, `tmpfs` or `devpts`.
        public var type: String
        /// An absolute path of the host for `bind`, of no meaning otherwise.
        public var source: ByteName
        /// As of mount(8); what the runtime does not know goes to the filesystem, which refuses what it does not know.
        public var options: [String]
        /// With an id-mapped mount (mount_setattr(2)): how the ids on the filesystem show in it; empty where they show as
        /// they are.
        public var uidMappings: [IDMapping] = []
        public var gidMappings: [IDMapping] = []

        public init(_ type: String, at destination: BytePath, source: ByteName = "", options: [String] = []) {
            self.type = type
            self.destination = destination
            self.source = source
            self.options = options
        }
    }

    /// Any name and value, of no meaning to the runtime.
    public struct Annotation: Hashable, Sendable {
        public var key: String
        public var value: String

        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }
}

extension Specification {
    /// The `linux` section.
    public struct Linux: Hashable, Sendable {
        /// New ones of the process's own.
        public var namespaces: Set<Namespace>
        /// Those that exist already, by the path of their file (`/proc/PID/ns/net`). None of them is in `namespaces` too.
        public var joinedNamespaces: [Namespace: ByteName] = [:]
        /// Of a new user namespace: who is who in it (user_namespaces(7)).
        public var uidMappings: [IDMapping] = []
        public var gidMappings: [IDMapping] = []
        public var devices: [Device]
        /// Nil leaves the process in the control groups of the caller.
        public var cgroupsPath: ControlGroupPath?
        /// Limits, and which devices may be opened.
        public var resources = Resources()
        /// Kernel parameters of the new namespaces, such as `net.ipv4.ip_forward`, in the order of setting.
        public var sysctl: [Annotation] = []
        public var seccomp: Seccomp?
        /// Of the root mount; nil for private.
        public var rootfsPropagation: Propagation?
        /// SELinux's context for the mounts of the container.
        public var mountLabel: String?
        public var personality: Personality?
        public var maskedPaths: [BytePath]
        public var readonlyPaths: [BytePath]

        public init(
            namespaces: Set<Namespace> = [.mount], devices: [Device] = [],
            cgroupsPath: ControlGroupPath? = nil, maskedPaths: [BytePath] = [], readonlyPaths: [BytePath] = []
        ) {
            self.namespaces = namespaces
            self.devices = devices
            self.cgroupsPath = cgroupsPath
            self.maskedPaths = maskedPaths
            self.readonlyPaths = readonlyPaths
        }
    }

    /// What the process has for itself (namespaces(7)).
    public enum Namespace: String, Hashable, Sendable, CaseIterable {
        case mount, pid, network, ipc, uts, cgroup, user, time
    }

    /// Ids of a user namespace, and whose they are outside.
    public typealias IDMapping = IDRange

    /// How mounts that come later spread (mount_namespaces(7)).
    public enum Propagation: String, Hashable, Sendable {
        case shared, slave, `private`, unbindable
    }

    /// The execution domain (personality(2)).
    public enum Personality: String, Hashable, Sendable {
        case linux = "LINUX"
        case linux32 = "LINUX32"
    }

    /// A device file to make in `/dev`.
    public struct Device: Hashable, Sendable {
        public var path: BytePath
        /// A character or block device.
        public var kind: FileKind
        public var number: DeviceNumber
        public var permissions: UInt16
        public var uid: UInt32
        public var gid: UInt32

        public init(
            _ path: BytePath, kind: FileKind = .characterDevice, number: DeviceNumber, permissions: UInt16 = 0o666,
            uid: UInt32 = 0, gid: UInt32 = 0
        ) {
            self.path = path
            self.kind = kind
            self.number = number
            self.permissions = permissions
            self.uid = uid
            self.gid = gid
        }
    }
}
