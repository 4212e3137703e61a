import Model

/// One entry of a git tree.
public struct TreeEntry: Hashable, Sendable {
    /// The modes that varve writes.
    public enum Mode: Hashable, Sendable {
        case tree, file, executable, symlink

        fileprivate var octal: StaticString {
            switch self {
            case .tree: "40000"
            case .file: "100644"
            case .executable: "100755"
            case .symlink: "120000"
            }
        }
    }

    public var mode: Mode
    public var name: ByteName
    public var id: ObjectID

    public init(mode: Mode, name: ByteName, id: ObjectID) {
        self.mode = mode
        self.name = name
        self.id = id
    }

    /// Git's order: by name bytes, a tree's name as if a slash followed it.
    public static func precedes(_ a: TreeEntry, _ b: TreeEntry) -> Bool {
        let left = a.name.bytes, right = b.name.bytes
        let common = min(left.count, right.count)
        for index in 0..<common where left[index] != right[index] { return left[index] < right[index] }
        return a.byte(at: common) < b.byte(at: common)
    }

    private func byte(at index: Int) -> UInt8 {
        if index < name.bytes.count { return name.bytes[index] }
        return mode == .tree ? UInt8(ascii: "/") : 0
    }
}

/// A git tree as its entries.
public enum Tree {
    /// The tree object's content. Entries may come in any order.
    /// Fails with `invalid` on a name that no directory entry can have, or that comes twice.
    public static func encode(_ entries: [TreeEntry]) throws(StoreError) -> [UInt8] {
        let entries = isSorted(entries) ? entries : entries.sorted(by: TreeEntry.precedes)
        if let problem = problem(in: entries) { throw StoreError("write tree", "", .invalid(problem)) }
        var result: [UInt8] = []
        result.reserveCapacity(entries.reduce(0) { $0 + $1.name.bytes.count + 28 })
        for entry in entries {
            entry.mode.octal.withUTF8Buffer { result.append(contentsOf: $0) }
            result.append(UInt8(ascii: " "))
            result.append(contentsOf: entry.name.bytes)
            result.append(0)
            result.append(contentsOf: entry.id.bytes)
        }
        return result
    }

    /// Strict: fails with `corrupt` on any mode, name or order that ``encode(_:)`` would not write.
    public static func decode(_ bytes: [UInt8], id: ObjectID? = nil) throws(StoreError) -> [TreeEntry] {
        func refuse(_ what: String) -> StoreError { StoreError("read tree", id?.hex ?? "", .corrupt(what)) }
        var entries: [TreeEntry] = []
        var failure: String?
        bytes.withUnsafeBytes { buffer in
            var position = 0
            while position < buffer.count {
                guard let mode = mode(in: buffer, at: &position) else {
                    failure = "an entry's mode is not one of varve's"
                    return
                }
                let start = position
                while position < buffer.count, buffer[position] != 0 { position += 1 }
                guard position + 21 <= buffer.count, let base = buffer.baseAddress else {
                    failure = "it ends inside an entry"
                    return
                }
                let name = ByteName(buffer[start..<position])
                entries.append(TreeEntry(mode: mode, name: name, id: ObjectID(loading: base + position + 1)))
                position += 21
            }
        }
        if let failure { throw refuse(failure) }
        guard isSorted(entries) else { throw refuse("its entries are not in order") }
        if let problem = problem(in: entries) { throw refuse(problem) }
        return entries
    }

    private static func mode(in buffer: UnsafeRawBufferPointer, at position: inout Int) -> TreeEntry.Mode? {
        for mode in [TreeEntry.Mode.tree, .file, .executable, .symlink] {
            let text = mode.octal
            let count = text.utf8CodeUnitCount
            guard position + count < buffer.count, buffer[position + count] == UInt8(ascii: " ") else { continue }
            let part = UnsafeRawBufferPointer(rebasing: buffer[position..<(position + count)])
            if text.withUTF8Buffer({ $0.elementsEqual(part) }) {
                position += count + 1
                return mode
            }
        }
        return nil
    }

    /// As a directory entry's, but of any length: escaping may make a name longer than the kernel allows.
    private static func isTreeName(_ name: ByteName) -> Bool {
        !name.bytes.isEmpty && name != "." && name != ".."
            && !name.bytes.contains { $0 == 0 || $0 == UInt8(ascii: "/") }
    }

    private static func isSorted(_ entries: [TreeEntry]) -> Bool {
        for (a, b) in zip(entries, entries.dropFirst()) where !TreeEntry.precedes(a, b) { return false }
        return true
    }

    /// What is wrong with sorted entries.
    private static func problem(in entries: [TreeEntry]) -> String? {
        for (index, entry) in entries.enumerated() {
            guard isTreeName(entry.name) else { return "'\(entry.name)' is no entry name" }
            if index > 0, entries[index - 1].name == entry.name { return "'\(entry.name)' comes twice" }
            guard entry.mode == .tree else { continue }
            // A file of the same name sorts before, and all between the two begin with that name.
            var other = index - 1
            while other >= 0, entries[other].name.hasPrefix(entry.name) {
                if entries[other].name == entry.name { return "'\(entry.name)' comes twice" }
                other -= 1
            }
        }
        return nil
    }
}
