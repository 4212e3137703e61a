import Linux

/// A file with the number of a process and nothing else, as process managers read it.
enum PIDFile {
    /// It appears whole.
    static func write(_ pid: Int32, to path: String) throws(OCIError) {
        do throws(SystemError) {
            try Files.replace(path, with: Array("\(pid)".utf8), isDurable: false)
        } catch { throw OCIError(.failed, "write pid file", path, error.cause) }
    }
}
