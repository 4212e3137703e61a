import Linux
import Runtime

extension Specification.Hook {
    /// Runs the program to its end, in this process's namespaces.
    /// - Parameters:
    ///   - stage: which of the hooks it is, for the error.
    ///   - state: what it finds on standard input.
    /// - Throws: where it fails, or takes longer than it may.
    func run(_ stage: String, _ state: [UInt8]) throws(OCIError) {
        let program = Program(path, arguments: arguments.isEmpty ? [path] : arguments, environment: environment)
        // No limit is ten years.
        let milliseconds = (timeout ?? 315_360_000) * 1000
        let outcome: Program.Outcome
        do throws(SystemError) { outcome = try program.run(input: state, within: milliseconds) } catch {
            throw OCIError(.failed, "run \(stage) hook", path, error.cause)
        }
        guard outcome.status != 0 else { return }
        let said = String(decoding: outcome.errors, as: UTF8.self).split(whereSeparator: \.isNewline).joined(
            separator: " ")
        throw OCIError(
            .failed, "run \(stage) hook", path, "exit status \(outcome.status)\(said.isEmpty ? "" : ": \(said)")")
    }
}
