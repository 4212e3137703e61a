import Model
import ObjectStore

extension LinkGroup {
    /// The name of a hard-link group that is new since the tree `base`, from the path of the entry that was met first
    /// and from what the file is.
    ///
    /// Deterministic, and unlike all in `base`: no tree can contain a name that was made from its own id. Two groups
    /// that differ never have one name, even where commits of some paths each took a part of what was captured over
    /// one base: so names of one group are always alike.
    static func named(by path: BytePath, _ attributes: Attributes, body: ObjectID, in base: ObjectID) -> LinkGroup {
        var alike = attributes
        alike.linkGroup = nil
        // Archives round times: the same files from a tar and from a directory are to have the same groups.
        alike.modified = Timestamp(seconds: 0)
        var bytes = Array("varve link group\0".utf8) + base.bytes + body.bytes + path.bytes + [0]
        Record.append(alike, to: &bytes)
        return LinkGroup(ObjectID(hashing: .blob, bytes).bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) })
    }
}
