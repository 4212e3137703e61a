import CGit2
import Model

/// What is looked at before an operation is recorded. Once it is, it has to be possible to carry it out:
/// what libgit2 would refuse later would stop every recovery.
struct OperationCheck {
    private let operation: Operation
    private let store: ObjectStore
    private let writer: ObjectWriter

    init(_ operation: Operation, store: ObjectStore, writer: ObjectWriter) {
        self.operation = operation
        self.store = store
        self.writer = writer
    }

    func run() throws(StoreError) {
        try checkForm()
        for move in operation.moves { try check(move) }
        for base in operation.bases {
            for id in [base.new, base.oldContent, base.newContent].compactMap({ $0 }) { try checkCommit(id) }
        }
        try checkPlaces()
    }

    private func refuse(_ why: String) -> StoreError {
        StoreError("perform", Escaping.displayed(Array(operation.description.utf8)), .invalid(why))
    }

    private func checkForm() throws(StoreError) {
        guard Set(operation.moves.map(\.ref)).count == operation.moves.count else {
            throw refuse("a ref moves twice in it")
        }
        guard Set(operation.bases.map(\.container)).count == operation.bases.count else {
            throw refuse("a container's base moves twice in it")
        }
        guard !operation.description.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "\n") }) else {
            throw refuse("its description is not one line")
        }
    }

    private func check(_ move: RefMove) throws(StoreError) {
        var isValid: Int32 = 0
        try git("move ref", move.ref) { git_reference_name_is_valid(&isValid, move.ref) }
        guard isValid == 1, move.ref.hasPrefix("refs/"), !move.ref.hasPrefix("refs/varve/op"),
            move.ref != ObjectStore.appliedRef
        else { throw StoreError("move ref", move.ref, .invalid("not a name that a ref can have")) }
        let actual = try store.ref(move.ref)
        guard actual == move.old else {
            throw StoreError("move ref", move.ref, .moved(expected: move.old, actual: actual))
        }
        if let new = move.new { try checkCommit(new) }
    }

    private func checkCommit(_ id: ObjectID) throws(StoreError) {
        guard try writer.holdsCommit(id) else { throw StoreError("perform", "commit \(id.hex)", .missing) }
    }

    /// A ref is a file: none can stand where another needs a directory.
    private func checkPlaces() throws(StoreError) {
        let made = operation.moves.filter { $0.old == nil && $0.new != nil }.map(\.ref)
        if made.isEmpty { return }
        let gone = Set(operation.moves.filter { $0.new == nil }.map(\.ref))
        for name in made {
            let above = parents(of: name)
            var inPlace = made.first { above.contains($0) }
            for parent in above where inPlace == nil && !gone.contains(parent) {
                if try store.ref(parent) != nil { inPlace = parent }
            }
            if inPlace == nil {
                inPlace = try store.refs(prefix: "\(name)/").map(\.name).first { !gone.contains($0) }
            }
            if let inPlace { throw StoreError("make ref", name, .invalid("'\(inPlace)' is in its place")) }
        }
    }

    private func parents(of name: String) -> [String] {
        name.indices.filter { name[$0] == "/" }.map { String(name[..<$0]) }.filter { $0 != "refs" }
    }
}

extension ObjectWriter {
    /// Whether the id names a commit, here or in the store.
    func holdsCommit(_ id: ObjectID) throws(StoreError) -> Bool {
        do throws(StoreError) {
            _ = try read(id, as: .commit)
            return true
        } catch {
            switch error.cause {
            case .missing: return false
            case .corrupt: return false
            default: throw error
            }
        }
    }
}
