import Linux
import Model
import ObjectStore
import Snapshot

/// Decodes trees strictly and looks for the bodies of their files. Each tree is looked at once.
final class TreeCheck {
    private let store: ObjectStore
    private let found: StoreCheck
    /// What is wrong in a directory itself: under which name, or nil for the directory.
    private var problems: [ObjectID: [(name: ByteName?, damage: Damage)]] = [:]
    /// Whether anything is wrong in a tree or below it.
    private var isBad: [ObjectID: Bool] = [:]
    /// Subtrees with something wrong in them.
    private var badSubtrees: [ObjectID: [(name: ByteName, tree: ObjectID)]] = [:]

    init(_ store: ObjectStore, _ found: StoreCheck) {
        self.store = store
        self.found = found
    }

    /// - Returns: whether something is wrong in it.
    func check(_ tree: ObjectID, at path: BytePath = .root) throws -> Bool {
        if let known = isBad[tree] { return known }
        try Interrupts.check()
        do {
            try path.checkDepth()
            for entry in try store.directory(tree).entries { try check(entry, in: tree, at: path) }
        } catch let error as SystemError { throw error } catch {
            note(tree, nil, Damage("tree \(tree.hex)", found.damaged[tree] ?? "\(error)"))
        }
        let result = problems[tree] != nil || badSubtrees[tree] != nil
        isBad[tree] = result
        return result
    }

    private func check(_ entry: Entry, in tree: ObjectID, at path: BytePath) throws {
        switch entry.node {
        case .directory(let subtree):
            if try check(subtree, at: path.appending(entry.name)) {
                badSubtrees[tree, default: []].append((entry.name, subtree))
            }
        case .leaf(let attributes, let body):
            guard attributes.hasBody, let reason = try problem(of: body, attributes) else { return }
            note(tree, entry.name, Damage("body \(body.hex)", reason))
        }
    }

    private func note(_ tree: ObjectID, _ name: ByteName?, _ damage: Damage) {
        problems[tree, default: []].append((name, damage))
    }

    private func problem(of body: ObjectID, _ attributes: Attributes) throws -> String? {
        let isPooled =
            attributes.kind == .regular && ObjectStore.isPooled(size: attributes.size, holes: attributes.holes)
        if isPooled {
            if try found.hasBody(body) {
                if let reason = found.damaged[body] { return reason }
                if try store.containsBody(body, size: attributes.size, holes: attributes.holes) { return nil }
                return "it has another size than its file, or fewer holes"
            }
            return "it is missing from the pool"
        }
        guard let object = try found.object(body) else { return found.damaged[body] ?? "it is missing" }
        if object.kind != .blob { return "it is a \(object.kind.word)" }
        return object.size == attributes.size ? nil : "it has \(object.size) bytes, its file \(attributes.size)"
    }

    /// Calls `body` with all that is wrong in a tree, and where.
    func forEachProblem(in tree: ObjectID, at path: BytePath = .root, _ body: (BytePath, Damage) throws -> Void)
        rethrows
    {
        for (name, damage) in problems[tree] ?? [] {
            try body(name.map { path.appending($0) } ?? path, damage)
        }
        for (name, subtree) in badSubtrees[tree] ?? [] {
            try forEachProblem(in: subtree, at: path.appending(name), body)
        }
    }
}
