import Glibc
import Linux

extension Repository {
    /// Takes away what ``mount(_:at:)`` mounted, and nothing else.
    /// - Parameter root: of the repository that it is a commit of.
    public static func unmount(_ directory: String, root: String) throws {
        let place = try Files.open(KernelPath(directory), flags: O_RDONLY | O_DIRECTORY)
        guard let mount = try MountEntry.holding(place),
            try Files.readLink(KernelPath(place.procPath)) == mount.point
        else {
            throw EngineError.refused("unmount", subject: directory, reason: "no commit is mounted there")
        }
        guard mount.filesystem == "overlay", mount.source == "varve" else {
            throw EngineError.refused(
                "unmount", subject: directory, reason: "what is mounted there is no commit (\(mount.filesystem))")
        }
        let record = try MountRecord(of: place, root: root)
        try Mounts.detach(KernelPath(directory))
        try record.remove()
    }
}
