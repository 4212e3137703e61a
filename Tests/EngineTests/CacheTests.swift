@testable import Engine
import Glibc
import Linux
import Model
import ObjectStore
import Snapshot
import Testbed
import Testing

@Suite("Caches and filesystems", .enabled(if: isRoot))
struct CacheTests {
    @Test("images and written trees are only caches", arguments: Rig.modes)
    func removable(_ mode: Repository.CheckoutMode) throws {
        let rig = try Rig(mode)
        let container = try rig.container("c")
        for name in ["images", "checkouts"] { try Files.removeAll(KernelPath("\(rig.root)/\(name)")) }
        let result = try rig.varve("run", "--rm", "base:1", "cat", "/etc/motd")
        #expect(result.text == "hello\n", "\(result.errors)")
        #expect(try rig.varve("start", "-a", container.name).status == 0)
    }

    @Test("the images that were used longest ago go first, and a mounted one stays mounted")
    func trimming() throws {
        let rig = try Rig()
        let container = try rig.container("c")
        for turn in 1...4 {
            try Rig.write("\(try rig.upper(container))/turn", "\(turn)")
            _ = try rig.commit(container)
        }
        let trees = try (0...4).map { try rig.repository.content(of: rig.repository.resolve("base:1~\($0)")).fs }
        let images = "\(rig.root)/images"
        for (age, tree) in trees.enumerated() {
            _ = try rig.repository.metadataImage(of: tree)
            try Files.setModified(KernelPath("\(images)/\(tree.hex).erofs"), Timestamp(seconds: Int64(1000 - age)))
        }
        let mount = try ImageCheckout().mount(trees[4], in: rig.repository, writable: nil)
        try Files.setModified(KernelPath("\(images)/\(trees[4].hex).erofs"), Timestamp(seconds: 1))
        var limits = ImageCacheLimits()
        limits.images = 3
        try rig.repository.trimImages(to: limits, keeping: ByteName("\(trees[3].hex).erofs"))
        let left = try Files.names(in: try Files.openDirectory(KernelPath(images)))
        #expect(Set(left) == Set([trees[0], trees[1], trees[3]].map { ByteName("\($0.hex).erofs") }))
        let motd = try Files.open("etc/motd", in: mount.reference, flags: O_RDONLY).readAll()
        #expect(motd == Array("hello\n".utf8))
        let image = try rig.repository.metadataImage(of: trees[4])
        #expect(try image.status().size > 0)
    }

    @Test("a second look reads no file that stayed as it was, and one with its old mtime is found changed")
    func index() throws {
        let rig = try Rig()
        let container = try rig.container("c")
        let upper = try rig.upper(container)
        try Rig.write("\(upper)/same", "stays as it was")
        try Rig.write("\(upper)/sly", "before")
        // Files that are younger than the clock's steps are read again.
        usleep(60_000)
        try rig.lookAtEverything("c")
        func bodiesRead() throws -> [Bool] {
            let trace = rig.directory.file("trace")
            let line = [
                "strace", "-f", "-s", "64", "-e", "trace=read,pread64", "-o", trace, Rig.varve, "diff", "base:1", "c",
            ]
            let result = try run(line, environment: rig.environment)
            try #require(result.status == 0, "\(result.errors)")
            let bytes = try Files.open(KernelPath(trace), flags: O_RDONLY).readAll()
            let text = String(decoding: bytes, as: UTF8.self)
            return ["\"stays as it was\"", "\"before\""].map { text.contains($0) }
        }
        #expect(try bodiesRead() == [false, false])
        try Files.remove(KernelPath(rig.repository.files(of: container.id).index))
        #expect(try bodiesRead() == [true, true])
        let old = try Files.status(KernelPath("\(upper)/sly")).modified
        let file = try Files.open(KernelPath("\(upper)/sly"), flags: O_WRONLY)
        try file.write(Array("afterw".utf8))
        try Files.setModified(KernelPath("\(upper)/sly"), old)
        let id = try rig.commit(container)
        let path = try #require(BytePath(parsing: "/sly".utf8))
        var text: [UInt8] = []
        try rig.repository.readFile(id.hex, path) { text += $0 }
        #expect(text == Array("afterw".utf8))
    }

    @Test("an index that can't be saved is none, and a failed replacement leaves no temporary")
    func unsavedIndex() throws {
        let rig = try Rig()
        let container = try rig.container("c")
        try Rig.write("\(try rig.upper(container))/new", "new")
        usleep(60_000)
        let index = rig.repository.files(of: container.id).index
        try Files.makeDirectory(KernelPath("\(index).new"))
        try rig.lookAtEverything("c")
        #expect(try !Files.exists(KernelPath(index)))
        try Files.removeDirectory(KernelPath("\(index).new"))
        try rig.lookAtEverything("c")
        #expect(try Files.exists(KernelPath(index)))

        try Files.makeDirectories(rig.directory.file("taken"))
        #expect(throws: SystemError.self) { try Files.replace(rig.directory.file("taken"), with: [1]) }
        #expect(try !Files.exists(KernelPath(rig.directory.file("taken.new"))))
    }

    @Test("what fails for want of a right is tried again by who has it")
    func passingFailure() throws {
        let rig = try Rig(.automatic)
        let line = ["setpriv", "--inh-caps=-sys_admin", "--bounding-set=-sys_admin", Rig.varve, "info"]
        let result = try run(line, environment: ["VARVE_ROOT": rig.root])
        try #require(result.status == 0, "\(result.errors)")
        #expect(result.text.contains("Operation not permitted"), "\(result.text)")
        let info = try rig.repository.info()
        #expect(info.checkout.mode == .image && info.upperProblem == nil)
        #expect(try Files.exists(KernelPath("\(rig.root)/checkouts/.choice")))
    }

    @Test("a filesystem that can't be an upper directory is refused, one that can is not")
    func filesystems() throws {
        let directory = try TemporaryDirectory("place")
        let names = ["lower", "upper", "work", "overlay", "tmpfs"]
        for name in names { try Files.makeDirectory(KernelPath(directory.file(name))) }
        let options =
            "lowerdir=\(directory.file("lower")),upperdir=\(directory.file("upper")),workdir=\(directory.file("work"))"
        try #require(
            try run(["mount", "-t", "overlay", "o", "-o", options, directory.file("overlay")]).status == 0)
        defer { _ = try? run(["umount", "-l", directory.file("overlay")]) }
        try #require(try run(["mount", "-t", "tmpfs", "t", directory.file("tmpfs")]).status == 0)
        defer { _ = try? run(["umount", "-l", directory.file("tmpfs")]) }
        let base = directory.file("base")
        try Files.makeDirectories("\(base)/bin")
        for (name, isFit) in [("overlay", false), ("tmpfs", true)] {
            let repository = try Repository(at: "\(directory.file(name))/repo")
            let tag = try TagName(parsing: "b:1")
            _ = try repository.importRoot(
                try Files.openDirectory(KernelPath(base)), named: "b", to: tag, message: nil, by: Rig.author)
            let problem = try repository.info().upperProblem
            #expect((problem == nil) == isFit, "\(name): \(problem ?? "none")")
            func create() throws {
                _ = try repository.createContainer(
                    on: try Revision(parsing: "b:1"), name: "c", configuration: ContainerConfiguration(),
                    isLasting: true)
            }
            if isFit { try create() } else { #expect(throws: EngineError.self, performing: create) }
            #expect(try repository.containers().count == (isFit ? 1 : 0))
        }
    }

    @Test("import and commit of a large file stay in little memory")
    func memory() throws {
        let rig = try Rig()
        let size = 256 << 20
        let tar = "mkdir \"$1\"/big && head -c \(size) /dev/zero | tr '\\\\0' x > \"$1\"/big/f"
        try #require(try run(["sh", "-c", tar, "sh", rig.directory.path]).status == 0)
        func peak(_ line: String) throws -> Int {
            let script = "/usr/bin/time -f %M -o \"$1\"/peak \(line)"
            let result = try run(["sh", "-c", script, Rig.varve, rig.directory.path], environment: rig.environment)
            try #require(result.status == 0, "\(result.errors)")
            let text = try Files.open(KernelPath(rig.directory.file("peak")), flags: O_RDONLY).readAll()
            return Int(String(decoding: text.filter { $0 != 10 }, as: UTF8.self)) ?? .max
        }
        #expect(try peak("sh -c 'tar -C \"$1\" -c big | \"$0\" import big:1 -' \"$0\" \"$1\"") < 96 << 10)
        let container = try rig.container("c")
        let upper = try rig.upper(container)
        try #require(try run(["cp", rig.directory.file("big/f"), "\(upper)/f"]).status == 0)
        _ = try run(["sh", "-c", "printf y >> \"$0\"", "\(upper)/f"])
        #expect(try peak("\"$0\" commit c") < 96 << 10)
    }
}

extension Rig {
    /// Compares as two places, so that every file is read or found in the index; `status` does not read what is new.
    fileprivate func lookAtEverything(_ container: String) throws {
        #expect(try !repository.diff("base:1", container).changes.isEmpty)
    }
}
