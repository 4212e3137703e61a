import Erofs
import Glibc
import Linux
import Model
import Testbed

/// A tree under construction, with the bodies it refers to.
struct TestTree {
    static let id = ObjectID(hex: "0123456789abcdef0123456789abcdef01234567")!

    var inodes: [ImageInode] = []
    var bodies: [ObjectID: [UInt8]] = [:]

    init(root: Attributes = Attributes(kind: .directory, permissions: 0o755)) {
        inodes.append(ImageInode(attributes: root, content: .directory([])))
    }

    /// Any injective-enough function of the bytes will do for an id: the image does not look into it.
    static func identify(_ body: [UInt8]) -> ObjectID {
        var words: [UInt64] = [0xcbf2_9ce4_8422_2325, 0x8422_2325_cbf2_9ce4, UInt64(body.count)]
        body.withUnsafeBytes { body in
            for start in stride(from: 0, to: body.count, by: 8) {
                var word: UInt64 = 0
                withUnsafeMutableBytes(of: &word) { $0.copyBytes(from: body[start..<min(start + 8, body.count)]) }
                words[0] = (words[0] ^ word) &* 0x100_0000_01b3
                words[1] = (words[1] &+ word) &* 0x9e37_79b9_7f4a_7c15
            }
        }
        return ObjectID(bytes: words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }.prefix(20))!
    }

    /// Gives an inode one more name. Returns its index.
    @discardableResult
    mutating func link(_ name: ByteName, in directory: Int = 0, to inode: Int) -> Int {
        guard case .directory(var entries) = inodes[directory].content else { return inode }
        entries.insert(
            ImageEntry(name: name, inode: inode), at: entries.firstIndex { $0.name > name } ?? entries.count)
        inodes[directory].content = .directory(entries)
        return inode
    }

    @discardableResult
    mutating func add(
        _ name: ByteName, in directory: Int = 0, _ attributes: Attributes, _ content: ImageInode.Content = .none
    ) -> Int {
        inodes.append(ImageInode(attributes: attributes, content: content))
        return link(name, in: directory, to: inodes.count - 1)
    }

    @discardableResult
    mutating func addDirectory(
        _ name: ByteName, in directory: Int = 0,
        _ attributes: Attributes = Attributes(kind: .directory, permissions: 0o755)
    ) -> Int {
        add(name, in: directory, attributes, .directory([]))
    }

    /// A regular file, or a symlink, with its body in the image.
    @discardableResult
    mutating func add(
        _ name: ByteName, in directory: Int = 0, body: [UInt8],
        _ attributes: Attributes = Attributes(kind: .regular, permissions: 0o644)
    ) -> Int {
        var attributes = attributes
        attributes.size = UInt64(body.count)
        let id = Self.identify(body)
        bodies[id] = body
        return add(name, in: directory, attributes, body.isEmpty ? .none : .inline(id))
    }

    @discardableResult
    mutating func addPooled(
        _ name: ByteName, in directory: Int = 0, redirect: String, size: UInt64,
        xattrs: [ExtendedAttribute] = []
    ) -> Int {
        add(
            name, in: directory, Attributes(kind: .regular, permissions: 0o640, size: size, xattrs: xattrs),
            .pooled(redirect: Array(redirect.utf8)))
    }

    func write(to path: String) throws {
        let file = try Files.open(KernelPath(path), flags: O_RDWR | O_CREAT | O_TRUNC, mode: 0o644)
        try MetadataImage.write(inodes, tree: Self.id, body: { bodies[$0] ?? [] }, to: file)
    }

    /// The image's bytes.
    func written() throws -> [UInt8] {
        let directory = try TemporaryDirectory("erofs")
        try write(to: directory.file("image"))
        return try Files.open(KernelPath(directory.file("image")), flags: O_RDONLY).readAll()
    }

    static func read(_ image: [UInt8]) throws(ErofsError) -> [ImageInode] {
        try MetadataImage.read(image, tree: id, identify: identify)
    }
}

func xattr(_ name: ByteName, _ value: String = "") -> ExtendedAttribute {
    ExtendedAttribute(name: name, value: Array(value.utf8))
}
