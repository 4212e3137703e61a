/// What a command is doing, in one line on the terminal that goes away at the end.
final class StepProgress {
    private let isShowing: Bool
    private var isShown = false
    private var last: Int64 = 0

    init(_ options: GlobalOptions) {
        isShowing = StandardError.isTerminal && !options.isQuiet && Environment["TERM"] != "dumb"
    }

    deinit { clear() }

    /// Shows a text, ten times a second at most.
    func step(_ text: @autoclosure () -> String) {
        let now = Progress.milliseconds()
        guard isShowing, now - last >= 100 else { return }
        last = now
        isShown = true
        StandardError.write("\r\u{1b}[K\(text())")
    }

    func clear() {
        if isShown { StandardError.write("\r\u{1b}[K") }
        isShown = false
    }
}
