import Glibc
import Linux
import Model

/// What tells a collection that a commit is mounted, in whatever mount namespace: the file `mounts/<boot>.<filesystem>` with
/// the commit's id. No boot of the machine has mounts of another, and no two filesystems have a number at the same time.
struct MountRecord {
    fileprivate static let directory = "mounts"
    private let path: String

    /// - Parameter mount: a file on the mount.
    init(of mount: borrowing Descriptor, root: String) throws(SystemError) {
        let number = try mount.status().filesystem
        path = "\(root)/\(Self.directory)/\(try Boot.current()).\(number.major)-\(number.minor)"
    }

    /// A power cut takes the mount too, so it is not flushed.
    func make(_ commit: ObjectID) throws(SystemError) {
        try Files.makeDirectories(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]), mode: 0o700)
        try Files.replace(path, with: Array("\(commit.hex)\n".utf8), mode: 0o600, isDurable: false)
    }

    func remove() throws(SystemError) {
        do throws(SystemError) { try Files.remove(KernelPath(path)) } catch {
            // Of another repository's mount there is none here.
            if error.errno != .noEntry { throw error }
        }
    }
}

extension Repository {
    /// The commits that are mounted.
    func mountedCommits() throws -> [ObjectID] {
        try mountRecords().current.compactMap { path in
            guard let bytes = try Files.contentsIfPresent(path, limit: 64) else { return nil }
            guard let id = ObjectID(hex: String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
            else {
                throw EngineError.refused("read mounts", subject: path, reason: "it names no commit")
            }
            return id
        }
    }

    /// The paths of records of this boot, and of those that are garbage.
    func mountRecords() throws -> (current: [String], garbage: [String]) {
        let prefix = "\(try Boot.current())."
        var result: (current: [String], garbage: [String]) = ([], [])
        for name in try names(in: MountRecord.directory) {
            let path = "\(root)/\(MountRecord.directory)/\(name)"
            // What a killed mount left unfinished: it mounted nothing.
            if name.hasPrefix(prefix), !name.hasSuffix(".new") {
                result.current.append(path)
            } else {
                result.garbage.append(path)
            }
        }
        return result
    }
}
