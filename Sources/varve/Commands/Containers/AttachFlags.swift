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
        if let detachKeys {
            guard let keys = DetachKeys.parse(detachKeys) else {
                throw UsageError(
                    "\(command): --detach-keys \(detachKeys): it takes characters and ctrl-LETTER, with commas between")
            }
            options.detachKeys = keys
        }
        options.passesSignals = passesSignals
        return options
    }
}
