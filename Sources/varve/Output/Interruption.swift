import Glibc
import Linux

/// What Ctrl-C does to a command that reads for long: it stops at the next read, and cleans up behind itself.
enum Interruption {
    static func arm() throws {
        for number in [SIGINT, SIGTERM, SIGHUP] { try Interrupts.catchSignal(number) }
    }

    /// Ends a command that had done a part of its work.
    struct Midway: Error {
        let outcome: String
    }
}
