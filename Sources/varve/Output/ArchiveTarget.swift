import Glibc
import Linux
import Model

/// Where an archive goes: standard output, a file, or a new directory. A file appears under its name when it is whole; what
/// was there before stays until then.
struct ArchiveTarget {
    /// For messages.
    let name: String
    private let path: String?
    private let isDirectory: Bool

    /// - Parameter path: nil or `-` for standard output.
    init(_ path: String?, isDirectory: Bool = false) throws {
        self.path = path == "-" ? nil : path
        self.isDirectory = isDirectory
        name = self.path ?? "standard output"
        if self.path == nil, isDirectory {
            throw UsageError("write archive: a directory needs a name", hints: ["give it with -o"])
        }
        if self.path == nil, StandardOutput.isTerminal {
            throw UsageError(
                "write archive: standard output is a terminal", hints: ["name a file with -o, or pipe it on"])
        }
    }

    /// Calls `fill` with what is to be written to.
    func filling<Result>(_ fill: (consuming Descriptor) throws -> Result) throws -> Result {
        guard let path else { return try fill(try Descriptor(owning: STDOUT_FILENO).duplicate()) }
        if isDirectory { return try fillingDirectory(path, fill) }
        // Devices, pipes and what a symlink names are written to as they are.
        if let status = try Files.statusIfPresent(KernelPath(path)), status.kind != .regular {
            return try fill(try Files.open(KernelPath(path), flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o666))
        }
        let temporary = "\(path).\(getpid()).partial"
        let file = try Files.open(KernelPath(temporary), flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
        let own = try file.duplicate()
        do {
            let result = try fill(file)
            try own.synchronize()
            try Files.rename(KernelPath(temporary), to: KernelPath(path))
            let parent = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
            try Files.openDirectory(KernelPath(parent)).synchronize()
            return result
        } catch {
            // The first error is the one to tell.
            do throws(SystemError) { try Files.remove(KernelPath(temporary)) } catch {}
            throw error
        }
    }

    private func fillingDirectory<Result>(
        _ path: String, _ fill: (consuming Descriptor) throws -> Result
    ) throws -> Result {
        let isThere = try Files.exists(KernelPath(path))
        if !isThere { try Files.makeDirectory(KernelPath(path), mode: 0o755) }
        let directory = try Files.openDirectory(KernelPath(path))
        guard try Files.names(in: directory).isEmpty else {
            throw UsageError("write archive: \(path): the directory is not empty")
        }
        do { return try fill(try directory.duplicate()) } catch {
            for name in try Files.names(in: directory) {
                try Files.removeAll(KernelPath(name), in: directory.reference)
            }
            if !isThere { try Files.removeDirectory(KernelPath(path)) }
            throw error
        }
    }
}
