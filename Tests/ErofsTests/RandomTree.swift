import Erofs
import Model
import Testbed

extension TestTree {
    /// A tree of `count` inodes with every kind of inode, and sizes around the block's.
    static func random(_ count: Int, seed: UInt64) -> TestTree {
        var random = SplitMix(seed: seed)
        var tree = TestTree(root: attributes(.directory, &random))
        var directories: [(inode: Int, depth: Int)] = [(0, 0)]
        var files: [Int] = []
        while tree.inodes.count < count {
            let parent = directories.randomElement(using: &random)!
            let name = tree.freshName(in: parent.inode, &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<4 where parent.depth < 6:
                let inode = tree.addDirectory(name, in: parent.inode, attributes(.directory, &random))
                directories.append((inode, parent.depth + 1))
            case 4..<6 where !files.isEmpty:
                tree.link(name, in: parent.inode, to: files.randomElement(using: &random)!)
            case 6..<9:
                let target = bytes(
                    Int.random(in: 1...(Bool.random(using: &random) ? 80 : 4095), using: &random), &random)
                files.append(
                    tree.add(name, in: parent.inode, body: target.map { $0 | 1 }, attributes(.symlink, &random)))
            case 9..<12:
                files.append(tree.addSpecial(name, in: parent.inode, &random))
            case 12..<15:
                var pooled = attributes(.regular, &random)
                pooled.size =
                    UInt64.random(in: 0...0x7fff_ffff_ffff_ffff, using: &random)
                    >> UInt64.random(in: 0..<63, using: &random)
                let redirect = "/\(tree.inodes.count)/\(random.next())"
                files.append(tree.add(name, in: parent.inode, pooled, .pooled(redirect: Array(redirect.utf8))))
            default:
                let sizes = [0, 1, 100, 3900, 4032, 4033, 4095, 4096, 4097, 8192, 12000, 20000]
                let size = sizes.randomElement(using: &random)! + Int.random(in: 0...60, using: &random)
                files.append(
                    tree.add(name, in: parent.inode, body: bytes(size, &random), attributes(.regular, &random)))
            }
        }
        return tree
    }

    private mutating func addSpecial(_ name: ByteName, in parent: Int, _ random: inout SplitMix) -> Int {
        let kind = [FileKind.fifo, .socket, .characterDevice, .blockDevice].randomElement(using: &random)!
        var special = Self.attributes(kind, &random)
        if kind == .characterDevice || kind == .blockDevice {
            special.device = DeviceNumber(
                major: .random(in: 1...0xfff, using: &random), minor: .random(in: 0...0xf_ffff, using: &random))
        }
        return add(name, in: parent, special)
    }

    private func freshName(in directory: Int, _ random: inout SplitMix) -> ByteName {
        guard case .directory(let entries) = inodes[directory].content else { return "" }
        while true {
            let length = [1, 8, 8, 20, 200, 255].randomElement(using: &random)!
            let name = ByteName(Self.bytes(length, &random).map { $0 == 0 || $0 == 0x2f ? 0x21 : $0 })
            if name.isEntryName, !entries.contains(where: { $0.name == name }) { return name }
        }
    }

    private static func attributes(_ kind: FileKind, _ random: inout SplitMix) -> Attributes {
        var result = Attributes(kind: kind, permissions: UInt16.random(in: 0...0o7777, using: &random))
        result.uid = UInt32(truncatingIfNeeded: random.next() >> 40)
        result.gid = UInt32(truncatingIfNeeded: random.next() >> 33)
        result.modified = Timestamp(
            seconds: Int64.random(in: -5_000_000_000...5_000_000_000, using: &random),
            nanoseconds: UInt32.random(in: 0..<1_000_000_000, using: &random))
        guard Int.random(in: 0..<3, using: &random) == 0 else { return result }
        // The kernel lets only regular files and directories have user attributes.
        var names: [ByteName] = [
            "security.a", "trusted.a", "trusted.overlay.opaque", "trusted.overlay.overlay.metacopy",
            "trusted.overlayish",
        ]
        if kind == .regular || kind == .directory { names += ["user.note", "user.zz"] }
        for name in names where Bool.random(using: &random) {
            let length = [0, 1, 30, 1000, 9000].randomElement(using: &random)!
            result.xattrs.append(ExtendedAttribute(name: name, value: bytes(length, &random)))
        }
        result.xattrs.sort { $0.name < $1.name }
        return result
    }

    private static func bytes(_ count: Int, _ random: inout SplitMix) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
}
