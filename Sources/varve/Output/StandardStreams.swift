import Glibc
import Linux

/// Descriptors 0, 1 and 2.
enum StandardStreams {
    /// Opens `/dev/null` for those that are closed. Without this the next file that is opened, perhaps a directory of
    /// the repository, would be taken for standard input or output, and be handed to a container as such.
    static func occupy() throws {
        while true {
            let descriptor = try system("open", "/dev/null") { open("/dev/null", O_RDWR) }
            if descriptor > 2 {
                close(descriptor)
                return
            }
        }
    }
}
