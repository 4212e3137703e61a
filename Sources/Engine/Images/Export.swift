import Images
import Linux
import Model
import ObjectStore
import Snapshot

extension Repository {
    /// Writes the files of a revision, or of a container as they are now, as one tar file.
    /// - Returns: what tar has no form for.
    public func export(
        _ place: String, to output: consuming Descriptor, named name: String
    ) throws -> [LeftOut] {
        let store = try store()
        // Nothing that is being read may be collected meanwhile.
        let hold = try store.holdOffCollection()
        defer { withExtendedLifetime(hold) {} }
        let source = WorkingObjects(over: store)
        let tree = try tree(of: place, in: source)
        var tar = LayerTar(to: DescriptorSink(output, name: name), dialect: .archive) { body, attributes in
            guard try store.containsBody(body, size: attributes.size, holes: attributes.holes) else {
                return .file(try source.file(of: body))
            }
            return try store.content(of: body, attributes)
        }
        try tar.write(try LayerEntries.between(nil, tree, in: source), in: source)
        return tar.leftOut
    }
}
