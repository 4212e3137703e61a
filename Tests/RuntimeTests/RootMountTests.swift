import Glibc
import Linux
import Model
import Testbed
import Testing

@testable import Runtime

/// Mounts in a root that nobody runs in.
@Suite("Root mounts", .enabled(if: isRoot))
struct RootMountTests {
    @Test(
        "are made in a detached tree, and the same way where the kernel needs it attached first",
        arguments: [false, true])
    func attached(fromNamespace: Bool) throws {
        let directory = try TemporaryDirectory("root-mounts")
        for name in ["root", "root/etc", "volume", "volume/below"] {
            try Files.makeDirectory(KernelPath(directory.file(name)))
        }
        try Files.makeSymlink(KernelPath(directory.file("root/link")), target: "/../../etc")
        let path = directory.path
        let seen = Monitor<[String]?>(nil)
        // A namespace of its own ends with its thread.
        let thread = try WorkerThread {
            let lines: [String]
            do {
                let root = try Mounts.bind(KernelPath("\(path)/root"))
                let mounts = [
                    Specification.Mount(
                        "bind", at: BytePath(["link", "data"]), source: ByteName("\(path)/volume"), options: ["rbind"]),
                    Specification.Mount(
                        "bind", at: BytePath(["etc", "data", "below"]), source: ByteName("\(path)/volume"),
                        options: ["bind", "ro"]),
                ]
                let made = try RootMounts.attach(mounts, in: root, fromNamespace: fromNamespace)
                try Files.makeDirectory("etc/data/seen", in: root.reference)
                let refused = #expect(throws: SystemError.self) {
                    try Files.makeDirectory("etc/data/below/refused", in: root.reference)
                }
                lines = made.map(\.path.displayed) + [refused.map { "\($0.errno)" } ?? "nothing"]
            } catch { lines = ["\(error)"] }
            seen.change { $0 = lines }
        }
        let lines = seen.wait { $0 }
        withExtendedLifetime(thread) {}
        #expect(lines == ["/etc/data", "Read-only file system"])
        #expect(try Files.exists(KernelPath("\(path)/volume/seen")))
        #expect(try !Files.exists(KernelPath("\(path)/root/etc/data/seen")))
    }
}
