import Glibc
import Linux
import Model
import Runtime
import Synchronization
import Testbed
import Testing

@Suite("A root that others write to while a container starts in it", .enabled(if: isRoot))
struct SharedRootTests {
    let box: Box
    init() throws {
        box = try Box()
        for name in ["proc", "elsewhere"] { try Files.makeDirectories(box.directory.file("root/\(name)")) }
    }

    /// Starts a container on the root itself, and reads its mounts.
    private func mounts() throws -> [MountLine] {
        let root = try Mounts.bind(KernelPath(box.directory.file("root")), recursive: false)
        let process = try Runtime.run(Box.specification(["sleep", "1000"]), rootfs: root)
        let table = try Files.open(KernelPath("/proc/\(process.process.pid)/mountinfo"), flags: O_RDONLY).readAll()
        try process.process.send(signal: SIGKILL)
        _ = try process.wait()
        return String(decoding: table, as: UTF8.self).split(separator: "\n").map { MountLine($0) }
    }

    /// What lies on the procfs, and where that is.
    private func proc(_ mounts: [MountLine]) throws -> (place: String, masks: [String]) {
        let proc = mounts.filter { $0.type == "proc" && $0.root == "/" }
        try #require(proc.count == 1)
        return (proc[0].place, mounts.filter { $0.parent == proc[0].id }.map { "\($0.type) \($0.root)" }.sorted())
    }

    @Test("changes neither where a mount goes nor what of it is hidden", arguments: [true, false])
    func exchanged(isSymlink: Bool) throws {
        let undisturbed = try proc(try mounts())
        #expect(undisturbed.masks.count > 5)
        let (name, other) = (box.directory.file("root/proc"), box.directory.file("root/other"))
        if isSymlink {
            try Files.makeSymlink(KernelPath(other), target: "elsewhere")
        } else {
            try Files.makeDirectory(KernelPath(other))
        }
        var started = 0
        try Swapper.swapping(name, other) {
            for _ in 0..<60 {
                do {
                    let found = try proc(try mounts())
                    started += 1
                    #expect(found.masks == undisturbed.masks)
                    // The directory may have got the other's name since.
                    #expect(["/proc", "/other"].contains(found.place))
                } catch let error as RuntimeError {
                    // What is a symlink just then is no place for a procfs.
                    #expect(isSymlink, "\(error)")
                }
            }
        }
        #expect(started > 0)
    }
}

/// A line of mountinfo (proc_pid_mountinfo(5)).
private struct MountLine {
    let id, parent, root, place, type: String

    init(_ line: Substring) {
        let fields = line.split(separator: " ").map(String.init)
        (id, parent, root, place) = (fields[0], fields[1], fields[3], fields[4])
        type = fields[(fields.firstIndex(of: "-") ?? 0) + 1]
    }
}

/// Exchanges two names again and again.
private final class Swapper: Sendable {
    private let isStopped = Atomic(false)

    static func swapping(_ name: String, _ other: String, while body: () throws -> Void) rethrows {
        let swapper = Swapper()
        let thread = onThread {
            while !swapper.isStopped.load(ordering: .relaxed) {
                do {
                    // RENAME_EXCHANGE
                    try Files.rename(KernelPath(name), to: KernelPath(other), flags: 2)
                } catch { Issue.record(error) }
                usleep(30)
            }
        }
        defer {
            swapper.isStopped.store(true, ordering: .relaxed)
            pthread_join(thread, nil)
        }
        try body()
    }
}
