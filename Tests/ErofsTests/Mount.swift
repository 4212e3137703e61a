import Linux
import Testbed
import Testing

/// A mount of a test.
struct Mount {
    let path: String

    /// Mounts an image file, without a loop device where the kernel can.
    static func image(_ file: String, at path: String) throws -> Mount {
        try mount(["-t", "erofs", "-o", "ro", file], at: path)
    }

    static func overlay(image: String, pool: String, at path: String) throws -> Mount {
        try mount(["-t", "overlay", "-o", "ro,metacopy=on,lowerdir=\(image)::\(pool)", "overlay"], at: path)
    }

    private static func mount(_ arguments: [String], at path: String) throws -> Mount {
        try Files.makeDirectory(KernelPath(path))
        let result = try run(["mount"] + arguments + [path])
        try #require(result.status == 0, "\(result.errors)")
        return Mount(path: path)
    }

    func remove() {
        #expect(throws: Never.self) { try run(["umount", path]).status == 0 }
    }
}
