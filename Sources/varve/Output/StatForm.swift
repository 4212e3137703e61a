import Engine
import Model
import ObjectStore
import Snapshot

/// How much each file changed, and the sums (`--stat`).
enum StatForm {
    static func print(_ changes: [Change], _ source: any ObjectSource, to output: Output) throws {
        var table: [(path: String, amount: String)] = []
        var (added, removed) = (0, 0)
        for change in changes {
            switch try ChangedTexts.of(change, source) {
            case nil: table.append((name(change), change.aspects.list.joined(separator: ", ")))
            case .binary where change.kind == .modified && !change.aspects.contains(.content):
                table.append((name(change), change.aspects.list.joined(separator: ", ")))
            case .binary: table.append((name(change), "Bin \(size(change.old)) -> \(size(change.new)) bytes"))
            case .text(let old, let new):
                let count = try lines(old, new)
                added += count.added
                removed += count.removed
                let isEqual = count == (0, 0)
                table.append(
                    (name(change), isEqual ? change.aspects.list.joined(separator: ", ") : bar(count, output)))
            }
        }
        let width = min(70, table.map(\.path.count).max() ?? 0)
        for (path, amount) in table {
            let padding = String(repeating: " ", count: max(0, width - path.count))
            output.line(amount.isEmpty ? " \(path)" : " \(path)\(padding) | \(amount)")
        }
        let files = "\(changes.count) path\(changes.count == 1 ? "" : "s") changed"
        output.line(" \(files), \(added) line\(added == 1 ? "" : "s") added, \(removed) removed")
    }

    private static func name(_ change: Change) -> String {
        let letter = change.letter == "M" ? "" : "\(change.letter) "
        if case .renamed(let origin) = change.kind { return "\(letter)\(origin) -> \(change.path)" }
        return "\(letter)\(change.path)"
    }

    private static func size(_ node: Node?) -> UInt64 { node?.attributes?.size ?? 0 }

    private static func lines(_ old: [UInt8], _ new: [UInt8]) throws -> (added: Int, removed: Int) {
        if old.isEmpty || new.isEmpty { return (WholeText.lineCount(new), WholeText.lineCount(old)) }
        let patch = try TextPatch(from: old, to: new)
        return (patch.added, patch.removed)
    }

    private static func bar(_ count: (added: Int, removed: Int), _ output: Output) -> String {
        let total = count.added + count.removed
        let width = min(40, total)
        let plus = total == 0 ? 0 : (count.added * width + total - 1) / total
        let signs =
            output.coloured(String(repeating: "+", count: plus), .green)
            + output.coloured(String(repeating: "-", count: width - plus), .red)
        return "\(total) \(signs)"
    }
}
