import Model
import ObjectStore

/// A directory while a layer is applied: what the layer brings, over what stands below it.
final class LayerBranch {
    enum Child {
        case branch(LayerBranch)
        case leaf(Attributes, ObjectID)
    }

    /// Nil where the layer has no entry for the directory: it stays what it was, or came along with what is in it.
    var attributes: Attributes?
    /// What the layer brings, and branches for what it looked into.
    var children: [ByteName: Child] = [:]
    /// Files below that this layer gave other names: they are the same files, and not brought by it.
    private var groups: [ByteName: LinkGroup] = [:]
    /// Names that don't show of what stands below.
    var hidden: Set<ByteName> = []
    /// The directory below, nil where there is none or a whiteout took it away.
    private var below: ObjectID?
    private var entriesAreHidden = false
    private var opened: Directory?

    init(below: ObjectID?) { self.below = below }

    /// What a name stands for now.
    func child(_ name: ByteName, from source: any ObjectSource) throws -> Child? {
        if let child = children[name] { return child }
        guard let below, !entriesAreHidden, !hidden.contains(name) else { return nil }
        switch try open(below, from: source)[name] {
        case .directory(let tree):
            let branch = LayerBranch(below: tree)
            children[name] = .branch(branch)
            return .branch(branch)
        case .leaf(var attributes, let body):
            if let group = groups[name] { attributes.linkGroup = group }
            return .leaf(attributes, body)
        case nil: return nil
        }
    }

    /// Puts a file, whoever brought it, into a group of hard links.
    func setGroup(_ group: LinkGroup, of name: ByteName) {
        if case .leaf(var attributes, let body)? = children[name] {
            attributes.linkGroup = group
            children[name] = .leaf(attributes, body)
        } else {
            groups[name] = group
        }
    }

    /// A directory with nothing in it, in place of whatever the name stands for.
    func makeBranch(_ name: ByteName) -> LayerBranch {
        let branch = LayerBranch(below: nil)
        children[name] = .branch(branch)
        return branch
    }

    /// The directory itself is gone below.
    func hideBelow() {
        hideEntriesBelow()
        below = nil
    }

    func hideEntriesBelow() {
        entriesAreHidden = true
        for case .branch(let branch) in children.values { branch.hideBelow() }
    }

    /// - Returns: nil for a directory that is only there because the layer took something away in it, after it went itself.
    func write(from source: any ObjectSource, to sink: some ObjectSink) throws -> ObjectID? {
        let isUntouched = attributes == nil && children.isEmpty && hidden.isEmpty && groups.isEmpty && !entriesAreHidden
        if isUntouched, let below { return below }
        let lower = try below.map { try open($0, from: source) }
        var entries: [Entry] = []
        for (name, child) in children {
            switch child {
            case .leaf(let attributes, let body): entries.append(Entry(name: name, node: .leaf(attributes, body: body)))
            case .branch(let branch):
                guard let tree = try branch.write(from: source, to: sink) else { continue }
                entries.append(Entry(name: name, node: .directory(tree)))
            }
        }
        if let lower, !entriesAreHidden {
            for var entry in lower.entries where children[entry.name] == nil && !hidden.contains(entry.name) {
                if let group = groups[entry.name], case .leaf(var attributes, let body) = entry.node {
                    attributes.linkGroup = group
                    entry.node = .leaf(attributes, body: body)
                }
                entries.append(entry)
            }
        }
        if attributes == nil, lower == nil, entries.isEmpty { return nil }
        entries.sort { $0.name < $1.name }
        let own = attributes ?? lower?.attributes ?? Directory.empty.attributes
        return try sink.add(Directory(attributes: own, entries: entries))
    }

    private func open(_ tree: ObjectID, from source: any ObjectSource) throws -> Directory {
        if let opened { return opened }
        let directory = try source.directory(tree)
        opened = directory
        return directory
    }
}
