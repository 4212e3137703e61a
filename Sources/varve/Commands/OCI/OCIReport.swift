import ArgumentParser
import Glibc
import OCIRuntime
import Runtime

/// How the OCI runtime's failures are told: in the words that engines look for.
enum OCIReport {
    /// - Parameter words: as ``OCIWords`` has sorted them.
    static func exit(for error: any Error, _ words: OCIWords) -> Never {
        if let error = error as? Exit { Glibc.exit(error.code) }
        guard let message = message(for: error) else { Report.exit(for: error, as: 1) }
        words.log.write(.error, message)
        if words.log.path == nil || words.log.format == .text, let hint = hint(for: error) {
            StandardError.write("hint: \(hint)\n")
        }
        Glibc.exit(words.command == "exec" ? 255 : 1)
    }

    /// Nil for help that was asked for.
    private static func message(for error: any Error) -> String? {
        switch error {
        case let error as RuntimeError: words(for: error)
        case let error as UsageError: error.message
        case _ where String(reflecting: type(of: error)).hasPrefix("ArgumentParser."): complaint(error)
        default: "\(error)"
        }
    }

    /// Engines tell by these words which exit code their user gets.
    private static func words(for error: RuntimeError) -> String {
        switch error.kind {
        case .notFound where !error.subject.contains("/"):
            "exec: \"\(error.subject)\": executable file not found in $PATH: \(error.cause)"
        case .notFound: "exec: \"\(error.subject)\": stat \(error.subject): no such file or directory: \(error.cause)"
        case .notExecutable: "exec: \"\(error.subject)\": permission denied: \(error.cause)"
        case .refused, .failed: "\(error)"
        }
    }

    private static func complaint(_ error: any Error) -> String? {
        if Varve.exitCode(for: error) == .success { return nil }
        let text = Varve.fullMessage(for: error)
        let first = text.split(separator: "\n").first ?? ""
        return "usage: \(first.hasPrefix("Error: ") ? first.dropFirst(7) : first)"
    }

    private static func hint(for error: any Error) -> String? {
        (error as? OCIError)?.hint ?? (error as? RuntimeError)?.hint ?? (error as? UsageError)?.hints.first
    }
}
