import Model
import ObjectStore

extension ObjectSource {
    /// The tree `base` with what stands at `paths` taken from the tree `other`: put, replaced, or removed where
    /// `other` has nothing there. Directories on the way that only `other` has come along without their other entries.
    public func graft(
        _ paths: [BytePath], from other: ObjectID, onto base: ObjectID, writingTo sink: any ObjectSink
    ) throws -> ObjectID {
        for path in paths { try path.checkDepth() }
        if paths.contains(where: \.isRoot) { return other }
        return try graft(paths, from: try directory(other), onto: try directory(base), writingTo: sink)
    }

    /// - Parameter paths: not the root.
    private func graft(
        _ paths: [BytePath], from donor: Directory, onto base: Directory, writingTo sink: any ObjectSink
    ) throws -> ObjectID {
        var result = base
        for (name, below) in Dictionary(grouping: paths, by: { $0.names[0] }) {
            let rest = below.map { BytePath(Array($0.names.dropFirst())) }
            if rest.contains(where: \.isRoot) {
                result.set(name, to: donor[name])
            } else if let tree = try graft(rest, from: donor[name], onto: base[name], writingTo: sink) {
                result.set(name, to: .directory(tree))
            }
        }
        return try sink.add(result)
    }

    /// The same below two entries of one name; nil where nothing changes.
    private func graft(
        _ paths: [BytePath], from donor: Node?, onto base: Node?, writingTo sink: any ObjectSink
    ) throws -> ObjectID? {
        switch (donor, base) {
        case (.directory(let donorTree)?, .directory(let tree)?):
            return try graft(paths, from: try directory(donorTree), onto: try directory(tree), writingTo: sink)
        case (.directory(let donorTree)?, _):
            // Where the donor has none of the paths, there is nothing to make a directory for.
            guard try paths.contains(where: { try node(at: $0, in: donorTree) != nil }) else { return nil }
            let content = try directory(donorTree)
            return try graft(
                paths, from: content, onto: Directory(attributes: content.attributes), writingTo: sink)
        case (_, .directory(let tree)?):
            // The paths are gone; what else is in the directory stays.
            let content = try directory(tree)
            return try graft(
                paths, from: Directory(attributes: content.attributes), onto: content, writingTo: sink)
        default:
            return nil
        }
    }
}
