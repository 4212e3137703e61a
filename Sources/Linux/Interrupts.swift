import CLinux

/// Signals that ask a command to stop: caught ones make the next ``Descriptor`` read fail with EINTR, so that whoever
/// reads for long ends by its ordinary way out and cleans up.
public enum Interrupts {
    /// - Parameter number: such as SIGINT.
    public static func catchSignal(_ number: Int32) throws(SystemError) {
        try system("catch signal", "\(number)") { varve_catch_signal(number) }
    }

    static func check() throws(SystemError) {
        if varve_was_interrupted() != 0 { throw SystemError("read", "", .interrupted) }
    }
}
