import Model

/// A ref's way from one commit to another; nil stands for "does not exist".
public struct RefMove: Hashable, Sendable {
    /// The full name.
    public var ref: String
    public var old: ObjectID?
    public var new: ObjectID?

    public init(ref: String, old: ObjectID?, new: ObjectID?) {
        self.ref = ref
        self.old = old
        self.new = new
    }
}

/// A container's way from one base commit to another.
public struct BaseMove: Hashable, Sendable {
    public var container: String
    public var old: ObjectID
    public var new: ObjectID
    /// The number of the working tree that the move starts from, 0 or more. A move with a new content gives the
    /// container the next number, and no number comes again: so a move that was made is known from one that was not,
    /// also where `old` is `new`.
    public var upper: Int
    /// The commits whose files were, and are now, the container's working tree; nil where the move left that alone.
    public var oldContent: ObjectID?
    public var newContent: ObjectID?

    public init(
        container: String, old: ObjectID, new: ObjectID, upper: Int, oldContent: ObjectID? = nil,
        newContent: ObjectID? = nil
    ) {
        self.container = container
        self.old = old
        self.new = new
        self.upper = upper
        self.oldContent = oldContent
        self.newContent = newContent
    }
}

/// One step of the repository as a whole: what `undo` takes back.
public struct Operation: Hashable, Sendable {
    /// Who did it, and when.
    public var author: Signature
    /// One line, such as `commit debian:12: install nginx`.
    public var description: String
    /// At most one for a ref.
    public var moves: [RefMove]
    /// At most one for a container.
    public var bases: [BaseMove]
    /// The operation that this one takes back.
    public var undoes: ObjectID?

    public init(
        author: Signature, description: String, moves: [RefMove], bases: [BaseMove] = [], undoes: ObjectID? = nil
    ) {
        self.author = author
        self.description = description
        self.moves = moves
        self.bases = bases
        self.undoes = undoes
    }

    /// All commits that it names, each once, ascending.
    var mentioned: [ObjectID] {
        var ids: Set<ObjectID> = []
        for move in moves { ids.formUnion([move.old, move.new].compactMap { $0 }) }
        for base in bases { ids.formUnion([base.old, base.new, base.oldContent, base.newContent].compactMap { $0 }) }
        if let undoes { ids.insert(undoes) }
        return ids.sorted()
    }
}

/// The text form of an operation (docs/storage.md, "operation").
extension Operation {
    private static let firstLine = "varve operation 1"

    /// - Parameter previous: the operation before this one.
    func encoded(after previous: ObjectID?) -> [UInt8] {
        var lines = [Array(Self.firstLine.utf8)]
        func line(_ words: [UInt8]...) { lines.append(Array(words.joined(separator: [UInt8(ascii: " ")]))) }
        func text(_ string: String) -> [UInt8] { Array(string.utf8) }
        func id(_ id: ObjectID?) -> [UInt8] { text(id?.hex ?? "-") }
        line(text("previous"), id(previous))
        line(text("author"), Self.word(author.name.bytes), Self.word(author.email.bytes))
        line(text("time"), text("\(author.seconds)"), text("\(author.zone)"))
        line(text("description"), Self.word(text(description)))
        for move in moves { line(text("move"), Self.word(text(move.ref)), id(move.old), id(move.new)) }
        for base in bases {
            line(
                text("base"), Self.word(text(base.container)), id(base.old), id(base.new), text("\(base.upper)"),
                id(base.oldContent), id(base.newContent))
        }
        if let undoes { line(text("undoes"), id(undoes)) }
        return Array(lines.joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")]
    }

    /// A word that is never empty and never `-`.
    private static func word(_ bytes: [UInt8]) -> [UInt8] { [UInt8(ascii: "\"")] + Escaping.word(bytes) }

    /// Strict: fails with `corrupt` on anything that ``encoded(after:)`` would not write.
    static func decode(
        _ bytes: [UInt8], id: ObjectID? = nil
    ) throws(StoreError) -> (operation: Operation, previous: ObjectID?) {
        func refuse(_ what: String) -> StoreError { StoreError("read operation", id?.hex ?? "", .corrupt(what)) }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.first?.elementsEqual(Self.firstLine.utf8) == true, lines.last?.isEmpty == true else {
            throw refuse("its first or last line")
        }
        var parser = OperationParser()
        for line in lines.dropFirst().dropLast() where !parser.take(line) {
            throw refuse("line '\(Escaping.displayed(Array(line)))'")
        }
        guard let operation = parser.operation else { throw refuse("a line is missing") }
        guard operation.encoded(after: parser.previous) == bytes else { throw refuse("its lines are out of order") }
        return (operation, parser.previous)
    }
}

private struct OperationParser {
    private(set) var previous: ObjectID?
    private var name: [UInt8]?
    private var email: [UInt8] = []
    private var time: (seconds: Int64, zone: Int)?
    private var description: String?
    private var moves: [RefMove] = []
    private var bases: [BaseMove] = []
    private var undoes: ObjectID?

    var operation: Operation? {
        guard let name, let time, let description else { return nil }
        let author = Signature(
            name: ByteName(name), email: ByteName(email), seconds: time.seconds, zone: time.zone)
        return Operation(author: author, description: description, moves: moves, bases: bases, undoes: undoes)
    }

    mutating func take(_ line: ArraySlice<UInt8>) -> Bool {
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        switch (words.first.map { String(decoding: $0, as: UTF8.self) }, words.count) {
        case ("previous", 2):
            guard let id = optionalID(words[1]) else { return false }
            previous = id.id
        case ("author", 3):
            guard let name = unquoted(words[1]), let email = unquoted(words[2]) else { return false }
            (self.name, self.email) = (name, email)
        case ("time", 3):
            guard let seconds = Int64(text(words[1])), let zone = Int(text(words[2])) else { return false }
            time = (seconds, zone)
        case ("description", 2):
            guard let text = string(words[1]) else { return false }
            description = text
        case ("move", 4):
            guard let ref = string(words[1]), let old = optionalID(words[2]), let new = optionalID(words[3]) else {
                return false
            }
            moves.append(RefMove(ref: ref, old: old.id, new: new.id))
        case ("base", 7):
            guard let container = string(words[1]), let old = id(words[2]), let new = id(words[3]),
                let upper = Int(text(words[4])), upper >= 0,
                let oldContent = optionalID(words[5]), let newContent = optionalID(words[6])
            else { return false }
            bases.append(
                BaseMove(
                    container: container, old: old, new: new, upper: upper, oldContent: oldContent.id,
                    newContent: newContent.id))
        case ("undoes", 2):
            guard let id = id(words[1]) else { return false }
            undoes = id
        default: return false
        }
        return true
    }

    private func text(_ word: ArraySlice<UInt8>) -> String { String(decoding: word, as: UTF8.self) }

    private func id(_ word: ArraySlice<UInt8>) -> ObjectID? { ObjectID(hex: text(word)) }

    private func optionalID(_ word: ArraySlice<UInt8>) -> (id: ObjectID?, Void)? {
        if word.elementsEqual([UInt8(ascii: "-")]) { return (nil, ()) }
        return id(word).map { ($0, ()) }
    }

    private func unquoted(_ word: ArraySlice<UInt8>) -> [UInt8]? {
        guard word.first == UInt8(ascii: "\"") else { return nil }
        return Escaping.unescaped(word.dropFirst())
    }

    private func string(_ word: ArraySlice<UInt8>) -> String? {
        unquoted(word).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
