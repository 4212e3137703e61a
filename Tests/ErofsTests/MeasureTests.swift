import Erofs
import Glibc
import Linux
import Model
import Testbed
import Testing

/// Figures for docs/metadata-image.md; nothing is expected of them.
struct MeasureTests {
    @Test(
        "time to write and read a tree of a Debian root's size", .enabled(if: getenv("VARVE_MEASURE") != nil))
    func debian() throws {
        var tree = TestTree()
        var random = SplitMix(seed: 1)
        var bytes: UInt64 = 0
        for number in 0..<300 {
            let directory = tree.addDirectory(ByteName("directory-\(number)"))
            for file in 0..<18 {
                // Two thirds up to 4 KiB, the rest up to 16 KiB: 15 MB in 5,400 bodies.
                let limit = file % 3 < 2 ? 2800 : 11200
                let size = Int.random(in: 1...limit, using: &random)
                bytes += UInt64(size)
                tree.add(ByteName("inline-\(file)"), in: directory, body: [UInt8](repeating: UInt8(file), count: size))
            }
            for file in 0..<5 {
                tree.addPooled(
                    ByteName("pooled-\(file)"), in: directory,
                    redirect: "/ab/\(tree.inodes.count)0123456789012345678901234567890", size: 30_000)
            }
            for link in 0..<6 {
                tree.add(
                    ByteName("link-\(link)"), in: directory, body: Array("../target/of/the/link-\(link)".utf8),
                    Attributes(kind: .symlink, permissions: 0o777))
            }
        }
        let scratch = try TemporaryDirectory("erofs")
        let times = try (0..<15).map { _ in try milliseconds { try tree.write(to: scratch.file("image")) } }.sorted()
        let image = try Files.open(KernelPath(scratch.file("image")), flags: O_RDONLY).readAll()
        let reading = try milliseconds {
            _ = try MetadataImage.read(image, tree: TestTree.id, identify: { _ in .emptyBlob })
        }
        print(
            "\(tree.inodes.count) inodes, \(bytes) bytes inline, image \(image.count):",
            "write \(times[0]) ms at best, \(times[7]) median; strict read \(reading) ms")
    }

    private func milliseconds(_ work: () throws -> Void) throws -> Double {
        let duration = try ContinuousClock().measure(work)
        return Double(duration.components.attoseconds / 1_000_000_000_000) / 1000
    }
}
