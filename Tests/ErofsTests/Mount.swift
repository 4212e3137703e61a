import Glibc
import Linux
import Testbed
import Testing

/// A mount of a test.
struct Mount {
    let path: String

    /// Mounts an image file without a loop device, as kernels from 6.12 on can; mount(8) would always make one.
    static func image(_ file: String, at path: String) throws -> Mount {
        try Files.makeDirectory(KernelPath(path))
        // MS_RDONLY
        try system("mount", file) { mount(file, path, "erofs", 1, nil) }
        return Mount(path: path)
    }

    static func overlay(image: String, pool: String, at path: String) throws -> Mount {
        try Files.makeDirectory(KernelPath(path))
        let options = "ro,metacopy=on,lowerdir=\(image)::\(pool)"
        let result = try run(["mount", "-t", "overlay", "-o", options, "overlay", path])
        try #require(result.status == 0, "\(result.errors)")
        return Mount(path: path)
    }

    func remove() {
        // Whatever another test forks just then has what is open here, until it executes a program.
        let whenUnused = Int32(MNT_DETACH)
        #expect(throws: Never.self) { try system("unmount", path) { umount2(path, whenUnused) } }
    }
}
