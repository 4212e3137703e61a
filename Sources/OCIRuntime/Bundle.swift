import Glibc
import Linux
import Model
import Runtime

/// A directory with a `config.json` and mostly a root filesystem (runtime-spec, bundle.md).
struct Bundle {
    /// Absolute, without symlinks.
    let path: String
    var specification: Specification

    init(at path: String) throws {
        let directory = try Bundle.doing("open bundle", path) { () throws(SystemError) in
            try Files.open(KernelPath(path), flags: O_RDONLY | O_DIRECTORY)
        }
        let text = try Bundle.doing("read bundle", "\(path)/config.json") { () throws(SystemError) in
            try Files.open("config.json", in: directory.reference, flags: O_RDONLY).readAll(limit: 64 << 20)
        }
        let link = try Bundle.doing("open bundle", path) { () throws(SystemError) in
            try Files.readLink(KernelPath(directory.procPath))
        }
        self.path = String(decoding: link, as: UTF8.self)
        specification = try Specification(parsing: try JSON(parsing: text))
    }

    /// Absolute, or from the bundle on (config.md, "Root").
    var rootfs: String {
        let root = String(decoding: specification.root.path.bytes, as: UTF8.self)
        return root.hasPrefix("/") ? root : "\(path)/\(root)"
    }

    /// A mount of the root filesystem with all that is mounted in it.
    static func openRoot(_ rootfs: String) throws -> Descriptor {
        try doing("open root", rootfs) { () throws(SystemError) in
            let mount = try Mounts.bind(KernelPath(rootfs))
            guard try mount.status().kind == .directory else { throw SystemError("open", rootfs, .notDirectory) }
            return mount
        }
    }

    private static func doing<Result: ~Copyable>(
        _ operation: String, _ subject: String, _ body: () throws(SystemError) -> Result
    ) throws(OCIError) -> Result {
        do throws(SystemError) { return try body() } catch {
            throw OCIError(.failed, operation, subject, error.cause)
        }
    }
}
