import CGit2

extension ObjectStore {
    /// Of the libgit2 that is loaded: `1.5.1`.
    public static var libraryVersion: String {
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        // Fails only where all three are null.
        guard git_libgit2_version(&major, &minor, &patch) == 0 else { return "unknown" }
        return "\(major).\(minor).\(patch)"
    }
}
