import Model

/// A git commit (gitformat: `tree`, `parent`…, `author`, `committer`, other headers, empty line, message).
public struct Commit: Hashable, Sendable {
    public var tree: ObjectID
    public var parents: [ObjectID]
    public var author: Signature
    public var committer: Signature
    /// Header lines after `committer`, each ending in LF: signatures and the like, kept as they are.
    public var extraHeaders: [UInt8]
    /// Bytes, never assumed to be UTF-8. `git fsck` objects to NUL.
    public var message: [UInt8]

    public init(
        tree: ObjectID, parents: [ObjectID], author: Signature, committer: Signature,
        extraHeaders: [UInt8] = [], message: [UInt8]
    ) {
        self.tree = tree
        self.parents = parents
        self.author = author
        self.committer = committer
        self.extraHeaders = extraHeaders
        self.message = message
    }

    public var encoded: [UInt8] {
        var result = Array("tree \(tree.hex)\n".utf8)
        for parent in parents { result += Array("parent \(parent.hex)\n".utf8) }
        result += Array("author ".utf8) + author.encoded
        result += Array("\ncommitter ".utf8) + committer.encoded
        result.append(newline)
        result += extraHeaders
        result.append(newline)
        result += message
        return result
    }

    /// Strict: what ``encoded`` would not write again byte for byte is refused as `corrupt`.
    public init(decoding bytes: [UInt8], id: ObjectID? = nil) throws(StoreError) {
        func refuse(_ what: String) -> StoreError {
            StoreError("read commit", id?.hex ?? "", .corrupt(what))
        }
        var lines = HeaderLines(rest: bytes[...])
        guard let tree = lines.id(after: "tree ") else { throw refuse("no tree line") }
        var parents: [ObjectID] = []
        while let parent = lines.id(after: "parent ") { parents.append(parent) }
        guard let author = lines.value(after: "author ").flatMap({ Signature(decoding: $0) }) else {
            throw refuse("no author line")
        }
        guard let committer = lines.value(after: "committer ").flatMap({ Signature(decoding: $0) }) else {
            throw refuse("no committer line")
        }
        var extra: [UInt8] = []
        while let line = lines.next() {
            if line.isEmpty {
                self.init(
                    tree: tree, parents: parents, author: author, committer: committer, extraHeaders: extra,
                    message: Array(lines.rest))
                return
            }
            extra += line + [newline]
        }
        throw refuse("no empty line after the headers")
    }
}

private let newline = UInt8(ascii: "\n")

private struct HeaderLines {
    var rest: ArraySlice<UInt8>

    /// The next line without its LF; nil where no LF is left.
    mutating func next() -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: newline) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end]
    }

    /// Takes the next line only where it begins with `key`.
    mutating func value(after key: String) -> ArraySlice<UInt8>? {
        guard rest.starts(with: key.utf8) else { return nil }
        return next()?.dropFirst(key.utf8.count)
    }

    mutating func id(after key: String) -> ObjectID? {
        let before = rest
        // Lowercase only: git writes no other, and the way back must be exact.
        if let text = value(after: key), let id = ObjectID(hex: String(decoding: text, as: UTF8.self)),
            id.hex.utf8.elementsEqual(text)
        {
            return id
        }
        rest = before
        return nil
    }
}
