import Linux
import Model

/// An image archive that is an uncompressed tar file. Its headers are read once; bodies stay where they are.
///
/// Whatever two readers could take for different things is refused: a name twice, a hard link, a sparse member, a name
/// that leads elsewhere. One kind of symlink is followed, since docker and podman write it themselves: to a regular
/// member of the same archive (`<id>/layer.tar -> ../<other>/layer.tar`), by the names alone, and once.
final class TarFiles: ArchiveFiles {
    enum Member {
        case regular(offset: UInt64, size: UInt64)
        case symlink(BytePath?)
        case directory
        case other
    }

    private let file: Descriptor
    private let members: [BytePath: Member]

    init(_ file: consuming Descriptor, members: [BytePath: Member]) {
        self.file = file
        self.members = members
    }

    func size(of path: BytePath) throws(Refusal) -> UInt64? { try find(path)?.size }

    func open(_ path: BytePath) throws(Refusal) -> FilePart {
        guard let place = try find(path) else { throw Refusal("it is missing") }
        do throws(SystemError) {
            return FilePart(descriptor: try file.duplicate(), offset: place.offset, size: place.size)
        } catch { throw Refusal(error) }
    }

    private func find(_ path: BytePath) throws(Refusal) -> (offset: UInt64, size: UInt64)? {
        switch members[path] {
        case nil: return nil
        case .regular(let offset, let size): return (offset, size)
        case .symlink(let target):
            guard path.last == "layer.tar", let target, case .regular(let offset, let size) = members[target] else {
                throw Refusal("it is a symlink, and not to another layer of the archive")
            }
            return (offset, size)
        case .directory, .other: throw Refusal("it is no regular file")
        }
    }
}
