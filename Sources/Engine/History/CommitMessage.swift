/// Commit messages as git keeps them: lines without trailing blanks, and one line end at the end.
enum CommitMessage {
    static func encode(_ text: String) -> [UInt8] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let end = line.lastIndex { $0 != " " && $0 != "\t" && $0 != "\r" }
            return end.map { line[...$0] } ?? ""
        }
        while lines.first?.isEmpty == true { lines.removeFirst() }
        while lines.last?.isEmpty == true { lines.removeLast() }
        // Git takes a NUL for the end of a message.
        return Array((lines.joined(separator: "\n") + "\n").utf8).filter { $0 != 0 }
    }
}
