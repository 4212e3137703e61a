import Glibc
import Images
import Linux
import Model

extension CopyTarget {
    /// Writes to a file that is a mount of its own, such as `/etc/hosts` in a container: it keeps its owner, permissions and
    /// attributes, since it is a file of somebody else's.
    ///
    /// Another file in its place would take the mount away: rename(2) spares only what is mounted in the caller's own mount
    /// namespace, and detaches what is mounted at the name in any other.
    func writeInPlace(
        _ name: ByteName, in parent: borrowing Descriptor, _ entry: TarEntry, _ body: borrowing CopyBody
    ) throws {
        let node = try FoundFile.find(KernelPath(name), in: parent.reference)
        let status = try node.descriptor.status()
        let attributes = entry.attributes
        // Devices are mounts in every container.
        if let device = attributes.device, status.kind == attributes.kind, status.device == device { return }
        // Asked again of the file that is held: the name may have come to mean another.
        guard status.kind == .regular, attributes.kind == .regular, entry.hardLinkTarget == nil, status.isMountRoot,
            try !node.isOfKernel()
        else { throw refusal(entry.path, "something is mounted there, which a copy does not replace") }
        // The very file that is read: it has what it is to get.
        switch body {
        case .file(let source): if try source.status().isOfSameFile(as: status) { return }
        default: break
        }
        let file: Descriptor
        do throws(SystemError) { file = try node.openForWriting() } catch {
            guard error.errno == .readOnly else { throw error }
            throw refusal(entry.path, "a file is mounted there read-only")
        }
        switch body {
        case .file: try write(body, attributes, to: file)
        default:
            // What stands there is lost only when all of the other is here: an archive may be cut off.
            let whole = try Files.makeInMemory("varve-copy")
            try write(body, attributes, to: whole)
            try whole.copy(to: file, size: whole.status().size, holes: [])
        }
    }
}
