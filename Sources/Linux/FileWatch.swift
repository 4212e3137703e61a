import Glibc

/// Tells when something changes in a directory (inotify(7)).
public struct FileWatch: ~Copyable {
    /// Readable when something has changed; non-blocking.
    public let descriptor: Descriptor

    /// Of the files in `directory`: written to, made, removed, or renamed.
    public static func of(directory: KernelPath) throws(SystemError) -> FileWatch {
        let queue = Descriptor(
            owning: try system("watch", directory.description) { inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK)) })
        let events = UInt32(IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
        let raw = queue.raw
        try system("watch", directory.description) { inotify_add_watch(raw, directory.bytes, events) }
        return FileWatch(descriptor: queue)
    }

    private init(descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Waits until something has changed since the last call.
    /// - Parameter milliseconds: how long at most; nil for ever.
    /// - Returns: false where nothing has.
    public func wait(atMost milliseconds: Int32? = nil) throws(SystemError) -> Bool {
        var request = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
        let count = try system("wait for", "changes") { poll(&request, 1, milliseconds ?? -1) }
        if count == 0 { return false }
        // What it was does not matter; it is only to be read.
        var buffer = [UInt8](repeating: 0, count: 4096)
        let raw = descriptor.raw
        while true {
            do throws(SystemError) {
                try system("read", "changes") { read(raw, &buffer, buffer.count) }
            } catch {
                if error.errno == .wouldBlock { return true }
                throw error
            }
        }
    }
}
