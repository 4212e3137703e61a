@testable import Engine
import Glibc
import Linux
import Model
import ObjectStore
import Snapshot
import Testbed
import Testing

@Suite("Importing", .enabled(if: isRoot))
struct ImportTests {
    @Test("the names in access control lists are those of this machine's accounts")
    func accounts() throws {
        let rig = try Rig()
        let tree = rig.directory.file("tree")
        try Files.makeDirectory(KernelPath(tree))
        try Rig.write("\(tree)/log", "text")
        // GNU tar turns the numbers into names where the machine has them.
        try run(["setfacl", "-m", "g:adm:r", "\(tree)/log"])
        let archive = rig.directory.file("acl.tar")
        let packed = try run(["tar", "--acls", "--numeric-owner", "-C", tree, "-cf", archive, "."])
        try #require(packed.status == 0, "\(packed.errors)")
        let bytes = try Files.open(KernelPath(archive), flags: O_RDONLY).readAll()
        #expect(String(decoding: bytes, as: UTF8.self).contains("group:adm:r"))
        let result = try rig.varve("import", "acl:1", archive)
        #expect(result.status == 0, "\(result.errors)")
        let store = try rig.repository.store()
        let fs = try rig.repository.content(of: rig.repository.resolve("acl:1")).fs
        guard case .leaf(let attributes, _)? = try store.directory(fs)["log"] else {
            throw SystemError("find", "log", .noEntry)
        }
        #expect(try attributes.xattrs == Xattrs.all(KernelPath("\(tree)/log"), in: .current))
        #expect(attributes.xattrs.map(\.name) == ["system.posix_acl_access"])
    }

    @Test("a directory with an attribute that no image can hold is refused, and the file named")
    func attributes() throws {
        let rig = try Rig()
        // A tmpfs takes a value of 64 KiB, one byte more than EROFS counts.
        let directory = "/dev/shm/varve-import-\(getpid())-\(rig.directory.path.split(separator: "/").last ?? "")"
        try Files.makeDirectory(KernelPath(directory))
        defer { _ = try? run(["rm", "-rf", directory]) }
        try Rig.write("\(directory)/file", "text")
        let value = [UInt8](repeating: 7, count: 65_536)
        try Xattrs.set(
            ExtendedAttribute(name: "trusted.a", value: value), KernelPath("\(directory)/file"), in: .current)
        let result = try rig.varve("import", "wide:1", directory)
        #expect(result.status != 0)
        #expect(
            result.errors.contains("/file: attribute 'trusted.a' has a value of more than 65535 bytes"),
            "\(result.errors)")
    }

    @Test("changes the config as it is told, and leaves the rest of the tag's config")
    func configChanges() throws {
        let rig = try Rig()
        func config(_ tag: String) throws -> JSON? { try rig.repository.inspect(tag).config["config"] }
        let base = rig.directory.file("base")
        #expect(try rig.varve("import", "-c", "USER 1000", "-c", "CMD [\"sh\"]", "c:1", base).status == 0)
        #expect(try config("c:1") == ["Cmd": ["sh"], "User": "1000"])
        #expect(try rig.varve("import", "-c", "WORKDIR /data", "c:1", base).status == 0)
        #expect(try config("c:1") == ["Cmd": ["sh"], "User": "1000", "WorkingDir": "/data"])
        #expect(try rig.varve("run", "--rm", "c:1", "sh", "-c", "id -u; pwd").status != 127)
    }
}
