import Testbed
import Testing

extension Box {
    /// What may not change when a command fails: refs with the operation log, containers, and every stored object;
    /// temporary files would show too.
    func state() throws -> String {
        let script = """
            cd r 2>/dev/null || exit 0
            git --git-dir=git for-each-ref
            find containers names pool git/objects git/refs git/logs | sort
            find . -name '*.new' -o -name '*.lock'
            """
        return try shell(script).text
    }

    /// Runs what has to fail with these very lines on standard error, and sees that the repository is as it was.
    func refuses(
        _ command: String, code: Int32, _ errors: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = try state()
        let result = try shell(command)
        #expect(normalised(result.errors) == errors + "\n", "\(command)", sourceLocation: sourceLocation)
        #expect(result.status == code, "\(command)", sourceLocation: sourceLocation)
        #expect(result.text == "", "\(command)", sourceLocation: sourceLocation)
        #expect(try state() == before, "\(command) changed the repository", sourceLocation: sourceLocation)
        try expectSound(sourceLocation: sourceLocation)
    }

    /// Git finds nothing wrong.
    func expectSound(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let result = try shell("[ ! -e r ] || git --git-dir=r/git fsck --strict --no-dangling")
        #expect(result.status == 0, sourceLocation: sourceLocation)
        let told = result.errors.split(separator: "\n").filter { !$0.hasPrefix("notice:") }
        #expect(told.isEmpty && result.text.isEmpty, "\(told) \(result.text)", sourceLocation: sourceLocation)
    }
}
