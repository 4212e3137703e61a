import Model
import ObjectStore

extension LinkGroup {
    /// The name of a hard-link group that is new since the tree `base`, from the path of the entry that was met first.
    ///
    /// Deterministic, and unique in any tree that grows out of `base`: a group that is in a tree already was named
    /// after an earlier one, and no tree can contain a name that was made from its own id.
    static func named(by path: BytePath, in base: ObjectID) -> LinkGroup {
        let id = ObjectID(hashing: .blob, Array("varve link group\0".utf8) + base.bytes + path.bytes)
        return LinkGroup(id.bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) })
    }
}
