import ArgumentParser
import Engine
import Glibc
import Runtime

/// Docker's flags for who stays with a container.
struct AttachFlags: ParsableArguments {
    @Option(
        name: .customLong("detach-keys"),
        help: "The keys that leave the container to itself (default: ctrl-p,ctrl-q); empty for none.")
    var detachKeys: String?
    @Option(name: .customLong("sig-proxy"), help: "Whether signals go to the container: true or false.")
    var passesSignals = true

    func options(isInteractive: Bool, of command: String) throws -> AttachOptions {
        var options = AttachOptions(console: Console(input: isInteractive ? STDIN_FILENO : nil, output: STDOUT_FILENO))
        if let detachKeys { options.detachKeys = try Self.keys(detachKeys, of: command) }
        options.passesSignals = passesSignals
        return options
    }

    static func keys(_ text: String, of command: String) throws -> [UInt8] {
        if let keys = DetachKeys.parse(text) { return keys }
        throw UsageError("\(command): --detach-keys \(text): it takes characters and ctrl-LETTER, with commas between")
    }
}
