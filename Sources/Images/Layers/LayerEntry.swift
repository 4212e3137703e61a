import Model

/// One change of a layer (image-spec, layer.md, "Representing Changes").
public enum LayerEntry: Hashable, Sendable {
    /// The file is there from now on.
    case entry(TarEntry)
    /// What layers below have at this path is not there any more.
    case whiteout(BytePath)
    /// Nothing that layers below have in this directory is there any more.
    case opaque(BytePath)
}

extension LayerEntry {
    /// What an entry of the tar file says; nil for what is aufs's own.
    init?(_ entry: TarEntry) throws(Refusal) {
        guard let name = entry.path.last, entry.path.names.contains(where: { $0.hasPrefix(WhiteoutNames.prefix) })
        else {
            self = .entry(entry)
            return
        }
        let parent = entry.path.parent
        if name == WhiteoutNames.opaque, !parent.names.contains(where: { $0.hasPrefix(WhiteoutNames.prefix) }) {
            self = .opaque(parent)
            return
        }
        if entry.path.names.contains(where: { $0.hasPrefix(WhiteoutNames.metadata) }) { return nil }
        guard !parent.names.contains(where: { $0.hasPrefix(WhiteoutNames.prefix) }) else {
            throw Refusal("it is in a directory whose name is a whiteout's")
        }
        let hidden = ByteName(name.bytes.dropFirst(WhiteoutNames.prefix.bytes.count))
        guard hidden.isEntryName else { throw Refusal("it is a whiteout of nothing") }
        self = .whiteout(parent.appending(hidden))
    }
}
