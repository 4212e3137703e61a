import ArgumentParser
import ObjectStore
import Snapshot

/// The forms in which `diff`, `log` and `show` tell changes.
struct ChangeOptions: ParsableArguments {
    @Flag(name: [.customShort("p"), .customLong("patch")], help: "Show unified patches.") var showsPatch = false
    @Flag(help: "Show how much each file changed.") var stat = false
    @Flag(name: .customLong("name-status"), help: "Show letters and paths only.") var showsNameStatus = false

    var isGiven: Bool { showsPatch || stat || showsNameStatus }

    /// JSON is a form of its own, that always tells the same.
    /// - Parameter others: further forms of the command, each with its option.
    func refuseBeside(json isJSON: Bool, _ command: String, others: [(isGiven: Bool, option: String)] = []) throws {
        let forms = [(showsPatch, "--patch"), (stat, "--stat"), (showsNameStatus, "--name-status")] + others
        guard isJSON, let other = forms.first(where: \.0) else { return }
        throw UsageError("\(command): --json: it can't be given with \(other.1)", hints: ["leave one of the two out"])
    }

    enum Form {
        case long, none
    }

    /// - Parameter form: what is printed where no option asks for one.
    func print(
        _ changes: [Change], _ source: any ObjectSource, to output: Output, otherwise form: Form
    ) throws {
        if stat { try StatForm.print(changes, source, to: output) }
        if showsNameStatus { for change in changes { output.line(ChangeForms.short(change, output)) } }
        if showsPatch { for change in changes { try PatchForm.print(change, source, to: output) } }
        if !isGiven, form == .long { for change in changes { output.line(ChangeForms.long(change, output)) } }
    }
}
