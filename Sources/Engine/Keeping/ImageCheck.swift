import Erofs
import Linux
import Model
import ObjectStore

extension Repository {
    /// Compares each metadata image with the tree that it is made of. A damaged one is only a cache.
    func checkImages(_ found: StoreCheck, repairs: Bool, _ result: inout CheckResult) throws {
        for name in try names(in: "images") where name.hasSuffix(".erofs") {
            try Interrupts.check()
            guard let tree = ObjectID(hex: String(name.dropLast(6))) else { continue }
            let path = "\(root)/images/\(name)"
            guard let bytes = try Files.contentsIfPresent(path, limit: 1 << 32) else { continue }
            result.images += 1
            result.bytes += UInt64(bytes.count)
            guard let reason = imageProblem(bytes, of: tree, found) else { continue }
            var problem = Problem(damage: Damage("metadata image of \(tree.hex)", reason))
            if repairs {
                try Files.discard(KernelPath(path))
                problem.isRepaired = true
            }
            result.problems.append(problem)
        }
    }

    /// Nil where it is what would be made now.
    private func imageProblem(_ bytes: [UInt8], of tree: ObjectID, _ found: StoreCheck) -> String? {
        let inodes: [ImageInode]
        do {
            inodes = try MetadataImage.read(bytes, tree: tree) { ObjectID(hashing: .blob, $0) }
        } catch { return "\(error)" }
        do {
            // What an image does not keep.
            let expected = try ImageInodes(of: tree, in: try store()).inodes.map { inode in
                var inode = inode
                inode.attributes.holes = []
                inode.attributes.linkGroup = nil
                return inode
            }
            return inodes == expected ? nil : "it does not show the tree that it is named after"
        } catch {
            // The tree has gone, or is told of as damaged: nothing will use the image.
            return nil
        }
    }
}
