import Glibc
import Linux
import Model

/// Mounts in a root that no process has entered, for who wants to see its files as a container would.
public enum RootMounts {
    /// Mounts in a detached root what a start would mount there of the host, at the places where it would: symlinks among the
    /// root's files are followed inside of it, and what is missing to mount on is made. Memory is empty, and can't be written:
    /// nobody would have what is written there. All of it goes with the root's last descriptor.
    /// - Parameter mounts: bind mounts and tmpfs, those nearer to the root first.
    /// - Returns: what had to be made; where it fails, the error has that.
    public static func attach(
        _ mounts: [Specification.Mount], in root: borrowing Descriptor
    ) throws(RuntimeError) -> [MadePath] {
        try attach(mounts, in: root, fromNamespace: false)
    }

    /// - Parameter fromNamespace: whether to do as before Linux 6.15, where a detached tree can't be mounted in.
    static func attach(
        _ mounts: [Specification.Mount], in root: borrowing Descriptor, fromNamespace: Bool
    ) throws(RuntimeError) -> [MadePath] {
        let made = MadePaths()
        do throws(RuntimeError) {
            let copy = try doing("mount in root") { () throws(SystemError) in try root.duplicate() }
            let view = RootView(
                root: SharedDescriptor(copy), made: made, identities: try Identities(Specification.Linux()))
            var plan = RootMountPlan(view: view)
            if fromNamespace {
                try doing("mount root") { () throws(SystemError) in try RootMountPlan.enterNamespace(with: root) }
                plan.isInNamespace = true
            }
            for mount in mounts {
                do throws(SystemError) { try plan.add(mount, root) } catch {
                    throw RuntimeError("mount at", mount.destination.displayed, error)
                }
            }
        } catch {
            var error = error
            error.madePaths = made.all
            throw error
        }
        return made.all
    }
}

private struct RootMountPlan: ~Copyable {
    private var view: RootView
    /// Whether the root is mounted in a mount namespace of this thread's own.
    var isInNamespace = false
    private var count = 0

    init(view: consuming RootView) { self.view = view }

    mutating func add(_ mount: Specification.Mount, _ root: borrowing Descriptor) throws(SystemError) {
        let file = SharedDescriptor(try Self.make(mount))
        let kind = try file.descriptor.status().kind
        let place = try view.place(mount.destination, as: kind == .directory ? .directory : .regular)
        let target = try view.openPlace(place)
        do throws(SystemError) { try Mounts.attach(file.descriptor, at: "", in: target.reference) } catch {
            guard error.errno == .invalid, !isInNamespace else { throw error }
            try Self.enterNamespace(with: root)
            isInNamespace = true
            try Mounts.attach(file.descriptor, at: "", in: target.reference)
        }
        view.mount(file, at: place, in: count)
        count += 1
    }

    private static func make(_ mount: Specification.Mount) throws(SystemError) -> Descriptor {
        guard mount.type == "bind" else { return try Mounts.tmpfs(attributes: .readOnly) }
        let bind = try Mounts.bind(KernelPath(mount.source), recursive: mount.options.contains("rbind"))
        if mount.options.contains("ro") { try Mounts.setAttributes(bind, set: .readOnly, recursive: true) }
        return bind
    }

    /// Nothing that is mounted there shows anywhere else, and it ends with the thread.
    static func enterNamespace(with root: borrowing Descriptor) throws(SystemError) {
        try Mounts.enterOwnNamespace()
        // On top of everything: what the thread itself sees stays, since its root is below.
        try Mounts.attach(root, at: "/")
    }
}
