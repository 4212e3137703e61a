import Glibc

/// What a command is doing, in one line on the terminal that goes away at the end.
final class StepProgress {
    private let isShowing: Bool
    private var isShown = false

    init(_ options: GlobalOptions) {
        isShowing = StandardError.isTerminal && !options.isQuiet && Environment["TERM"] != "dumb"
    }

    deinit { clear() }

    func step(_ text: String) {
        guard isShowing else { return }
        isShown = true
        StandardError.write("\r\u{1b}[K\(text)")
    }

    func clear() {
        if isShown { StandardError.write("\r\u{1b}[K") }
        isShown = false
    }
}
