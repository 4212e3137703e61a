import CLinux

/// Signals that ask a command to stop: caught ones make the next ``Descriptor`` read fail with EINTR, so that whoever
/// reads for long ends by its ordinary way out and cleans up.
public enum Interrupts {
    /// - Parameter number: such as SIGINT.
    public static func catchSignal(_ number: Int32) throws(SystemError) {
        try system("catch signal", "\(number)") { varve_catch_signal(number) }
    }

    /// The last caught signal that came and has to be heeded; 0 where none has.
    public static var raised: Int32 { varve_was_interrupted() }

    /// Whether a caught signal came, and has to be heeded.
    public static var isRaised: Bool { varve_was_interrupted() != 0 }

    /// For whoever works for long without a read.
    /// - Throws: EINTR where a caught signal came.
    public static func check() throws(SystemError) {
        if isRaised { throw SystemError("read", "", .interrupted) }
    }

    /// From here on caught signals stop nothing: what has begun to show has to be brought to its end.
    public static func disregard() { varve_disregard_interrupts() }
}
