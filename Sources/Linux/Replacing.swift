import Glibc
import Model

extension Files {
    /// Gives the file at `path` new contents in one step: whoever looks sees the old ones or the new ones, whole.
    /// - Parameter isDurable: whether the new contents are on the disk when this returns. Where not, a power cut may
    ///   leave either, or an empty file.
    /// - Throws: where it fails, the old contents stay, and nothing else.
    public static func replace(
        _ path: String, with contents: [UInt8], mode: UInt32 = 0o644, isDurable: Bool = true
    ) throws(SystemError) {
        let temporary = "\(path).new"
        do throws(SystemError) {
            let file = try open(
                KernelPath(temporary), flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode)
            try file.write(contents)
            if isDurable { try file.synchronize() }
            try rename(KernelPath(temporary), to: KernelPath(path))
        } catch {
            // The first error is the one to tell.
            do throws(SystemError) { try remove(KernelPath(temporary)) } catch {}
            throw SystemError(error.operation, path, error.errno)
        }
        if isDurable {
            let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
            // As in naming the file itself, the directory may be reached through a symlink.
            try open(KernelPath(parent), flags: O_RDONLY | O_DIRECTORY).synchronize()
        }
    }

    /// A whole file. Nil where there is none.
    public static func contentsIfPresent(_ path: String, limit: Int = 64 << 20) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            let file = try open(KernelPath(path), flags: O_RDONLY | O_NOFOLLOW)
            return try file.readAll(limit: limit)
        } catch {
            if error.errno == .noEntry { return nil }
            throw SystemError(error.operation, path, error.errno)
        }
    }
}
