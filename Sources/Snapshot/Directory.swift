import Model
import ObjectStore

/// One directory of a snapshot: its own attributes and its entries, sorted by name bytes.
public struct Directory: Sendable, Equatable {
    public var attributes: Attributes
    public var entries: [Entry]

    public init(attributes: Attributes, entries: [Entry] = []) {
        self.attributes = attributes
        self.entries = entries
    }

    /// A new root: owned by root, mode 0755, dated 1970.
    public static let empty = Directory(attributes: Attributes(kind: .directory, permissions: 0o755))

    public subscript(name: ByteName) -> Node? {
        let index = entries.partitioningIndex { $0.name >= name }
        guard index < entries.count, entries[index].name == name else { return nil }
        return entries[index].node
    }

    /// Puts, replaces or (with nil) removes one entry.
    public mutating func set(_ name: ByteName, to node: Node?) {
        let index = entries.partitioningIndex { $0.name >= name }
        let isPresent = index < entries.count && entries[index].name == name
        switch (node, isPresent) {
        case (let node?, true): entries[index].node = node
        case (let node?, false): entries.insert(Entry(name: name, node: node), at: index)
        case (nil, true): entries.remove(at: index)
        case (nil, false): break
        }
    }
}

public struct Entry: Sendable, Equatable {
    public var name: ByteName
    public var node: Node

    public init(name: ByteName, node: Node) {
        self.name = name
        self.node = node
    }
}

/// What a name stands for.
public enum Node: Sendable, Hashable {
    /// A directory, by the id of its tree: equal ids mean equal subtrees, attributes included.
    case directory(ObjectID)
    /// Anything else. `body` is the blob of a regular file's content or a symlink's target, and the empty blob
    /// for devices, FIFOs and sockets.
    ///
    /// Boxed, since entries and changes are copied far more often than attributes are asked for: with the attributes in
    /// place a change takes 248 bytes and not 72, and telling 2,800 of them 6 MB that the kernel clears page by page.
    indirect case leaf(Attributes, body: ObjectID)

    public var isDirectory: Bool {
        if case .directory = self { true } else { false }
    }
}

extension Array {
    /// The first index whose element fulfils `predicate`, in an array where all that do stand behind all that don't.
    func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
