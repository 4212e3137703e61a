import Engine
import Linux
import Model
import ObjectStore
import Snapshot

/// A change as a unified patch with git's extended header lines (git-diff(1), "Generating patch text").
enum PatchForm {
    static func print(_ change: Change, _ source: any ObjectSource, to output: Output) throws {
        let new = change.path
        var old = change.path
        if case .renamed(let origin) = change.kind { old = origin }
        output.line(output.coloured("diff --varve a\(old) b\(new)", .bold))
        for line in header(change) { output.line(output.coloured(line, .bold)) }
        switch try ChangedTexts.of(change, source) {
        case nil: break
        case .binary:
            let isSame = change.old?.body == change.new?.body
            if !isSame {
                output.line("Binary files \(side("a", old, change.old)) and \(side("b", new, change.new)) differ")
            }
        case .text(let left, let right):
            guard left != right else { return }
            output.line(output.coloured("--- \(side("a", old, change.old))", .bold))
            output.line(output.coloured("+++ \(side("b", new, change.new))", .bold))
            let hunks =
                left.isEmpty || right.isEmpty
                ? WholeText.hunk(left + right, isAdded: left.isEmpty) : try TextPatch(from: left, to: right).hunks
            printHunks(hunks, to: output)
        }
    }

    private static func side(_ letter: String, _ path: BytePath, _ node: Node?) -> String {
        node == nil ? "/dev/null" : "\(letter)\(path)"
    }

    private static func printHunks(_ hunks: [UInt8], to output: Output) {
        guard output.isForPerson else { return output.write(hunks) }
        for line in hunks.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
            // A file's own escape sequences have no business on a terminal.
            let text = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
                .map { Escaping.displayed(Array($0)) }.joined(separator: "\t")
            switch line.first {
            case UInt8(ascii: "+"): output.line(output.coloured(text, .green))
            case UInt8(ascii: "-"): output.line(output.coloured(text, .red))
            case UInt8(ascii: "@"): output.line(output.coloured(text, .cyan))
            default: output.line(text)
            }
        }
    }

    private static func header(_ change: Change) -> [String] {
        var lines: [String] = []
        switch change.kind {
        case .added: if let new = change.new { lines.append("new file mode \(mode(new))") }
        case .deleted: if let old = change.old { lines.append("deleted file mode \(mode(old))") }
        case .renamed(let origin): lines += ["rename from \(origin)", "rename to \(change.path)"]
        case .modified, .typeChanged: break
        }
        guard let old = change.old?.attributes, let new = change.new?.attributes else { return lines }
        if mode(old) != mode(new) { lines += ["old mode \(mode(old))", "new mode \(mode(new))"] }
        if change.aspects.contains(.owner) {
            lines += ["old owner \(old.uid):\(old.gid)", "new owner \(new.uid):\(new.gid)"]
        }
        if change.aspects.contains(.xattr) {
            lines += old.xattrs.filter { !new.xattrs.contains($0) }.map { "old xattr \(text($0))" }
            lines += new.xattrs.filter { !old.xattrs.contains($0) }.map { "new xattr \(text($0))" }
        }
        return lines
    }

    private static func text(_ xattr: ExtendedAttribute) -> String {
        "\(xattr.name)=\(Escaping.displayed(xattr.value))"
    }

    private static func mode(_ node: Node) -> String { node.attributes.map { mode($0) } ?? "040000" }

    /// As git writes modes, with all twelve permission bits.
    private static func mode(_ attributes: Attributes) -> String {
        let octal = String(attributes.kind.modeBits | UInt32(attributes.permissions), radix: 8)
        return String(repeating: "0", count: max(0, 6 - octal.count)) + octal
    }
}

extension Node {
    /// Nil for a directory, whose attributes are in its own tree.
    var attributes: Attributes? {
        if case .leaf(let attributes, _) = self { attributes } else { nil }
    }

    var body: ObjectID? {
        if case .leaf(_, let body) = self { body } else { nil }
    }
}
