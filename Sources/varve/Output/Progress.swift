import Glibc

/// One line on the terminal that says how far something has come, and goes away at the end.
final class Progress {
    private let doing: String
    private let start: Int64
    private var last: Int64
    private var isShown = false

    /// Nil where no person would see it.
    init?(_ options: GlobalOptions, doing: String) {
        guard StandardError.isTerminal, !options.isQuiet, Environment["TERM"] != "dumb" else { return nil }
        self.doing = doing
        start = Self.milliseconds()
        last = start
    }

    deinit { clear() }

    /// Shows the number of bytes: the first time after half a second, then ten times a second at most.
    func update(_ bytes: UInt64) {
        let now = Self.milliseconds()
        guard now - last >= 100, now - start >= 500 else { return }
        last = now
        isShown = true
        let rate = bytes * 1000 / UInt64(max(1, now - start))
        StandardError.write("\r\u{1b}[K\(doing): \(bytes >> 20) MiB, \(rate >> 20) MiB/s")
    }

    func clear() {
        if isShown { StandardError.write("\r\u{1b}[K") }
        isShown = false
    }

    static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
