import Glibc
import Linux
import Testbed
import Testing

/// A repository of its own, a small root filesystem to import into it, and a shell in which `varve` is found.
final class Box {
    let directory: TemporaryDirectory
    var path: String { directory.path }
    var root: String { directory.file("r") }
    /// Added to the process's own.
    var environment: [String: String]
    private var ids = KnownIDs()

    /// - Parameter imported: whether `debian:12` is there already.
    init(imported: Bool = true) throws {
        directory = try TemporaryDirectory("command")
        let program = try Program.directory
        environment = [
            "PATH": "\(program):/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "BOX": directory.path, "VARVE_ROOT": directory.file("r"), "TZ": "UTC", "LC_ALL": "C.UTF-8",
            "SOURCE_DATE_EPOCH": "1700000000", "GIT_AUTHOR_NAME": "Ada Lovelace",
            "GIT_AUTHOR_EMAIL": "ada@example.org", "PAGER": "", "NO_COLOR": "",
            // Who tests networks names one.
            "VARVE_NETWORK": "none",
        ]
        // The suite runs on both kinds of checkout.
        if let checkout = getenv("VARVE_CHECKOUT") { environment["VARVE_CHECKOUT"] = String(cString: checkout) }
        let made = try shell(Self.makeBase)
        guard made.status == 0 else { throw BoxError(text: made.errors) }
        if imported { try succeed("varve -q import debian:12 base.tar") }
    }

    deinit {
        // What a test started in the background outlives whoever started it.
        _ = try? shell("for name in $(ls r/names 2>/dev/null); do varve -q rm -f $name; done")
    }

    /// A static busybox with a few names, users and groups, and one file in `/etc` to change.
    private static let makeBase = """
        set -e
        mkdir -p base/bin base/etc base/root base/tmp base/usr/share base/proc base/sys base/dev
        chmod 1777 base/tmp
        cp /bin/busybox base/bin/busybox
        ln base/bin/busybox base/bin/test
        cd base/bin
        for name in sh ls cat id touch rm mkdir chmod chown hostname env pwd tty sleep dd truncate mv true false stty \
            kill ip head; do ln -s busybox $name; done
        cd ../..
        printf 'root:x:0:0::/root:/bin/sh\\nann:x:1000:1000::/home/ann:/bin/sh\\n' >base/etc/passwd
        printf 'root:x:0:\\nann:x:1000:\\naudio:x:29:ann\\n' >base/etc/group
        printf 'one\\ntwo\\nthree\\n' >base/etc/numbers
        echo ID=box >base/etc/os-release
        printf '#!/no/such/interpreter\\n' >base/bin/broken
        chmod +x base/bin/broken
        echo text >base/bin/plain
        tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@1600000000 -C base -cf base.tar .
        """

    /// Runs a script in the box's directory.
    @discardableResult
    func shell(_ script: String, input: [UInt8] = []) throws -> CommandResult {
        try run(["sh", "-c", "cd \"$BOX\" || exit 99\n\(script)"], environment: environment, input: input)
    }

    /// Runs what has to succeed.
    /// - Returns: its standard output without the last line's end.
    @discardableResult
    func succeed(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let result = try shell(script)
        #expect(result.status == 0, "\(script): \(result.errors)", sourceLocation: sourceLocation)
        return result.text.last == "\n" ? String(result.text.dropLast()) : result.text
    }

    /// Plays `$ command` lines and compares all that they print with the lines between: standard output as it is,
    /// standard error behind `! `, an exit code other than 0 as `[code]`. Ids are `ID1` in full and `id1` abbreviated,
    /// numbered as they appear; the box's directory is `BOX`, ages are `AGO`.
    func transcript(_ expected: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        var actual: [String] = []
        let lines = expected.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines where line.hasPrefix("$ ") {
            let result = try shell(String(line.dropFirst(2)))
            actual.append(String(line))
            actual += Self.lines(result.text)
            actual += Self.lines(result.errors).map { $0.isEmpty ? "!" : "! \($0)" }
            if result.status != 0 { actual.append("[\(result.status)]") }
        }
        let told = actual.map { $0.hasPrefix("$ ") ? $0 : normalised($0) }
        guard told != lines.map(String.init) else { return }
        let first = zip(told, lines).map { $0 != $1 }.firstIndex(of: true) ?? min(told.count, lines.count)
        Issue.record(
            """
            line \(first + 1) differs: expected '\(first < lines.count ? lines[first] : "")', \
            got '\(first < told.count ? told[first] : "")'. All of it:
            \(told.joined(separator: "\n"))
            """, sourceLocation: sourceLocation)
    }

    private static func lines(_ text: String) -> [String] {
        text.isEmpty
            ? []
            : (text.hasSuffix("\n") ? text.dropLast() : text[...])
                .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    func normalised(_ line: String) -> String {
        let placed = line.split(separator: path, omittingEmptySubsequences: false).joined(separator: "BOX")
        return ids.replaced(in: placed).replacing(/\d+ (second|minute|hour|day|week|month|year)s?( ago)?/, with: "AGO")
    }
}

struct BoxError: Error {
    let text: String
}

/// The ids that were seen, each with a number.
private struct KnownIDs {
    private var known: [String] = []

    /// Words of as many hexadecimal digits as ids and their abbreviations have.
    mutating func replaced(in line: String) -> String {
        var result = ""
        var word = ""
        for character in line + "\n" {
            if character.isASCII, character.isLetter || character.isNumber {
                word.append(character)
                continue
            }
            result += replacement(word)
            word = ""
            result.append(character)
        }
        return String(result.dropLast())
    }

    private mutating func replacement(_ word: String) -> String {
        guard [10, 12, 40, 64].contains(word.count), word != "1700000000",
            word.allSatisfy({ "0123456789abcdef".contains($0) })
        else { return word }
        let number: Int
        if let index = known.firstIndex(where: { $0.hasPrefix(word) || word.hasPrefix($0) }) {
            if known[index].count < word.count { known[index] = word }
            number = index + 1
        } else {
            known.append(word)
            number = known.count
        }
        return (word.count < 40 ? "id" : "ID") + "\(number)"
    }
}
