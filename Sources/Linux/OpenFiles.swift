import Glibc

/// How many files this process may have open (getrlimit(2), RLIMIT_NOFILE).
public enum OpenFiles {
    /// Lets it have as many as it may allow itself. Who uses select(2) must not: it takes no more than 1,024.
    public static func allowMost() throws(SystemError) {
        var limit = rlimit()
        try system("look at limit of", "open files") { getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) }
        if limit.rlim_cur == limit.rlim_max { return }
        limit.rlim_cur = limit.rlim_max
        try system("raise limit of", "open files") { setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) }
    }
}
