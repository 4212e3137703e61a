import Model
import ObjectStore

extension ObjectSource {
    /// The tree `base` with what stands at `paths` taken from the tree `other`: put, replaced, or removed where
    /// `other` has nothing there. Directories on the way that only `other` has come along without their other entries.
    public func graft(
        _ paths: [BytePath], from other: ObjectID, onto base: ObjectID, writingTo sink: any ObjectSink
    ) throws -> ObjectID {
        if paths.contains(where: \.isRoot) { return other }
        var result = try directory(base)
        let donor = try directory(other)
        for (name, below) in Dictionary(grouping: paths, by: { $0.names[0] }) {
            let rest = below.map { BytePath(Array($0.names.dropFirst())) }
            if rest.contains(where: \.isRoot) {
                result.set(name, to: donor[name])
                continue
            }
            // A path below something that is gone or is no directory now: that whole entry decides.
            guard case .directory(let donorTree)? = donor[name] else {
                if case .directory(let tree)? = result[name] {
                    let empty = try sink.add(Directory(attributes: try directory(tree).attributes))
                    result.set(name, to: .directory(try graft(rest, from: empty, onto: tree, writingTo: sink)))
                }
                continue
            }
            let baseTree: ObjectID
            if case .directory(let tree)? = result[name] {
                baseTree = tree
            } else {
                baseTree = try sink.add(Directory(attributes: try directory(donorTree).attributes))
            }
            result.set(name, to: .directory(try graft(rest, from: donorTree, onto: baseTree, writingTo: sink)))
        }
        return try sink.add(result)
    }
}
