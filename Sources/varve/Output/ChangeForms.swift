import Engine
import Model
import Snapshot

/// Changes as lines and as JSON.
enum ChangeForms {
    /// `M /etc/hosts`
    static func short(_ change: Change, _ output: Output) -> String {
        let letter = output.coloured(String(change.letter), colour(change))
        if case .renamed(let origin) = change.kind { return "\(letter) \(origin) -> \(change.path)" }
        return letter + " " + change.path.displayed
    }

    /// `M /etc/hosts (content, mode)`
    static func long(_ change: Change, _ output: Output) -> String {
        let aspects = change.aspects.list
        return short(change, output) + (aspects.isEmpty ? "" : " (\(aspects.joined(separator: ", ")))")
    }

    private static func colour(_ change: Change) -> Output.Colour {
        switch change.kind {
        case .added: .green
        case .deleted: .red
        case .modified, .typeChanged: .yellow
        case .renamed: .cyan
        }
    }

    static func json(_ changes: [Change]) -> JSON {
        .array(
            changes.map { change in
                var members: [JSON.Member] = [.init("status", .string(String(change.letter)))]
                members += path(change.path, "path")
                if case .renamed(let origin) = change.kind { members += path(origin, "from") }
                members.append(.init("changed", .array(change.aspects.list.map { .string($0) })))
                return .object(members)
            })
    }

    /// A path as text, and where it is not UTF-8 exactly as base64.
    static func path(_ path: BytePath, _ key: String) -> [JSON.Member] {
        var members: [JSON.Member] = [.init(key, .string(path.displayed))]
        if ByteName(path.bytes).string == nil { members.append(.init("\(key)Bytes", .string(path.bytes.base64))) }
        return members
    }
}

extension [UInt8] {
    /// RFC 4648 with padding.
    var base64: String {
        let digits = Array<UInt8>("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: count, by: 3) {
            let part = self[start..<Swift.min(start + 3, count)]
            let word = part.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - part.count))
            for place in 0..<4 {
                text.append(place <= part.count ? digits[Int(word >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
