import Glibc

/// Signals as images and people write them: `SIGTERM`, `term`, `15`, `RTMIN+3`.
public enum SignalName {
    private static let numbers: [(String, Int32)] = [
        ("HUP", SIGHUP), ("INT", SIGINT), ("QUIT", SIGQUIT), ("ILL", SIGILL), ("TRAP", SIGTRAP), ("ABRT", SIGABRT),
        ("BUS", SIGBUS), ("FPE", SIGFPE), ("KILL", SIGKILL), ("USR1", SIGUSR1), ("SEGV", SIGSEGV), ("USR2", SIGUSR2),
        ("PIPE", SIGPIPE), ("ALRM", SIGALRM), ("TERM", SIGTERM), ("STKFLT", 16), ("CHLD", SIGCHLD), ("CONT", SIGCONT),
        ("STOP", SIGSTOP), ("TSTP", SIGTSTP), ("TTIN", SIGTTIN), ("TTOU", SIGTTOU), ("URG", SIGURG), ("XCPU", SIGXCPU),
        ("XFSZ", SIGXFSZ), ("VTALRM", SIGVTALRM), ("PROF", SIGPROF), ("WINCH", SIGWINCH), ("IO", SIGIO),
        ("PWR", SIGPWR),
        ("SYS", SIGSYS), ("IOT", SIGABRT), ("POLL", SIGIO), ("CLD", SIGCHLD),
    ]
    /// The first and the last of the real-time signals that programs can use (signal(7)).
    private static let realTime: ClosedRange<Int32> = 34...64

    /// Nil for what is no signal.
    public static func number(of text: String) -> Int32? {
        if let number = Int32(text) { return (1...64).contains(number) ? number : nil }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let number = numbers.first(where: { $0.0 == name })?.1 { return number }
        func offset(_ base: String, _ sign: Character) -> Int32? {
            if name == base { return 0 }
            guard name.hasPrefix("\(base)\(sign)") else { return nil }
            return Int32(name.dropFirst(base.count + 1)).flatMap { $0 >= 0 && $0 < 64 ? $0 : nil }
        }
        let number =
            offset("RTMIN", "+").map { realTime.lowerBound + $0 }
            ?? offset("RTMAX", "-").map { realTime.upperBound - $0 }
        return number.flatMap { realTime.contains($0) ? $0 : nil }
    }

    /// `TERM`, or the number where it has no name.
    public static func name(of number: Int32) -> String {
        numbers.first { $0.1 == number }?.0 ?? "\(number)"
    }
}
