import Glibc
import Linux
import Model

extension ObjectStore {
    /// Makes an empty repository. The directory may exist, and then keeps its mode; only the owner may enter what is
    /// made. The parts of a repository in it may not exist.
    public static func create(at root: String) throws(StoreError) {
        try attempt("create repository", root) { () throws(SystemError) in
            try Files.makeDirectories(root, mode: 0o700)
            // Bodies are readable files, those of a container's /etc/shadow too: nobody else comes to them, also where
            // the root was there before and lets others in.
            try Pool.create(at: "\(root)/pool")
            _ = try Files.open(KernelPath("\(root)/\(lockName)"), flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        }
        // Git's directory comes last and whole: it is what says that a repository is here.
        let made = "\(root)/git.new"
        try attempt("create repository", root) { () throws(SystemError) in
            if try Files.exists(KernelPath("\(root)/git")) { throw SystemError("create", "\(root)/git", .exists) }
        }
        try removeTree(KernelPath(made), in: .current)
        try GitRepository.create(at: made)
        try attempt("create repository", root) { () throws(SystemError) in
            let config = try Files.open(
                KernelPath("\(made)/config"), flags: O_WRONLY | O_TRUNC | O_CREAT | O_NOFOLLOW, mode: 0o644)
            try config.write(Array(configuration.utf8))
            try Files.setPermissions(KernelPath(made), 0o700)
            try config.synchronizeFilesystem()
            try Files.rename(
                KernelPath(made), to: KernelPath("\(root)/git"), flags: Files.noReplace)
            try Files.openDirectory(KernelPath(root)).synchronize()
        }
    }

    static let lockName = "lock"

    /// Why each line is there: docs/storage.md.
    private static let configuration = """
        [core]
        \trepositoryformatversion = 0
        \tfilemode = true
        \tbare = true
        \tlogAllRefUpdates = always
        [gc]
        \tauto = 0
        \tpackRefs = false
        \tpruneExpire = never
        \treflogExpire = never
        \treflogExpireUnreachable = never
        [maintenance]
        \tauto = false
        [remote "pool"]
        \tpromisor = true

        """

    /// Removes a directory with all that is in it; symlinks in it are removed, not followed.
    private static func removeTree(_ path: KernelPath, in parent: DirectoryReference) throws(StoreError) {
        try attempt("remove", path.description) { () throws(SystemError) in
            guard try Files.statusIfPresent(path, in: parent) != nil else { return }
            try removeContent(path, in: parent)
        }
    }

    private static func removeContent(_ path: KernelPath, in parent: DirectoryReference) throws(SystemError) {
        let directory = try Files.openDirectory(path, in: parent)
        for name in try Files.names(in: directory) {
            let entry = KernelPath(name)
            if try Files.status(entry, in: directory.reference).kind == .directory {
                try removeContent(entry, in: directory.reference)
            } else {
                try Files.remove(entry, in: directory.reference)
            }
        }
        try Files.removeDirectory(path, in: parent)
    }
}
