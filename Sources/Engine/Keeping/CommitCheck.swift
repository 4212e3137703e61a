import Linux
import Model
import ObjectStore

/// Checks the commits that are kept, with their trees, configurations and layers.
final class CommitCheck {
    private(set) var problems: [Problem] = []
    /// Damaged objects and bodies that no commit needs.
    private(set) var needless: [Damage] = []
    private(set) var layers = 0
    /// How many commits of files there are.
    private(set) var count = 0

    private let repository: Repository
    private let store: ObjectStore
    private let found: StoreCheck
    private let trees: TreeCheck
    private var commits: [ObjectID: Commit] = [:]
    private var lost: [ObjectID: String] = [:]
    private var indexes: [Damage: Int] = [:]
    private var layerProblems: [ObjectID: Damage?] = [:]
    /// So that thousands of lost bodies in thousands of commits don't fill the memory.
    private var placesLeft = 1 << 18

    init(_ repository: Repository, _ found: StoreCheck) throws {
        self.repository = repository
        self.found = found
        store = try repository.store()
        trees = TreeCheck(store, found)
    }

    func run(_ progress: (CheckProgress) -> Void) throws {
        try findCommits()
        let names = CommitNames(try repository.tags()) { self.commits[$0]?.parents.first }
        for (id, reason) in lost.sorted(by: { names.precedes($0.key, $1.key) }) {
            note(Damage("commit \(id.hex)", reason), id, names, nil)
        }
        for (number, id) in commits.keys.sorted(by: names.precedes).enumerated() {
            progress(.commits(done: number, total: commits.count))
            guard let commit = commits[id] else { continue }
            try check(id, commit, names)
        }
        let named = Set(problems.map(\.damage.subject))
        needless = found.damaged.sorted { $0.key < $1.key }.compactMap { id, reason in
            if ["tree", "body", "commit"].contains(where: { named.contains("\($0) \(id.hex)") }) { return nil }
            return Damage("object \(id.hex)", reason)
        }
    }

    private func findCommits() throws {
        var pending = try repository.checkedRoots()
        let cut = try store.forgottenParents()
        while let id = pending.popLast() {
            if commits[id] != nil || lost[id] != nil { continue }
            do {
                if let reason = found.damaged[id] { throw StoreError("read commit", id.hex, .corrupt(reason)) }
                let commit = try store.commit(id)
                commits[id] = commit
                if !cut.contains(id) { pending += commit.parents }
            } catch let error as StoreError { lost[id] = "\(error.cause)" }
        }
    }

    private func check(_ id: ObjectID, _ commit: Commit, _ names: CommitNames) throws {
        let entries: [TreeEntry]
        do { entries = try store.tree(commit.tree) } catch {
            return note(Damage("tree \(commit.tree.hex)", found.damaged[commit.tree] ?? "\(error)"), id, names, nil)
        }
        // An operation; the log has been read as a whole.
        if entries.map(\.name) == ["operation"] { return }
        count += 1
        guard let content = CommitContent(entries) else {
            return note(Damage("commit \(id.hex)", "varve did not make it"), id, names, nil)
        }
        for entry in entries where !["fs", "config", "layer", "manifest"].contains(entry.name) {
            note(Damage("commit \(id.hex)", "its root tree has '\(entry.name)'"), id, names, nil)
        }
        for blob in [content.config, content.manifest].compactMap({ $0 }) where try found.object(blob)?.kind != .blob {
            note(Damage("object \(blob.hex)", found.damaged[blob] ?? "it is missing"), id, names, nil)
        }
        if let manifest = content.manifest, try found.object(manifest)?.kind == .blob {
            // What a collection reads of it.
            do { _ = try KeptContent.layerBlobs(of: manifest, in: store) } catch let error as SystemError {
                throw error
            } catch { note(Damage("manifest \(manifest.hex)", "\(error)"), id, names, nil) }
        }
        if try trees.check(content.fs) {
            trees.forEachProblem(in: content.fs) { path, damage in note(damage, id, names, path) }
        }
        if let layer = content.layer, let damage = try layerProblem(layer) { note(damage, id, names, nil) }
    }

    /// Many commits may be the same layer.
    private func layerProblem(_ layer: ObjectID) throws -> Damage? {
        if let known = layerProblems[layer] { return known }
        layers += 1
        let damage = try Recipes.problem(of: layer, in: store).map { Damage("layer \(layer.hex)", $0) }
        layerProblems[layer] = damage
        return damage
    }

    private func note(_ damage: Damage, _ commit: ObjectID, _ names: CommitNames, _ path: BytePath?) {
        let index: Int
        if let known = indexes[damage] {
            index = known
        } else {
            index = problems.count
            indexes[damage] = index
            problems.append(Problem(damage: damage))
        }
        guard placesLeft > 0 else { return }
        placesLeft -= 1
        problems[index].places.append(Problem.Place(commit: commit, name: names.name(of: commit), path: path))
    }
}

extension Repository {
    /// As ``collectionRoots(_:)``, but of what is there: who checks wants to know what else is wrong.
    func checkedRoots() throws -> [ObjectID] {
        var roots = Set(try store().roots())
        for (_, state) in try containerStates() { roots.formUnion([state.base, state.checkout]) }
        roots.formUnion(try mountedCommits())
        return roots.sorted()
    }
}
