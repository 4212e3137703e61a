import Model

extension BytePath {
    /// How deep directories of a snapshot may nest. What walks a tree goes down by recursion and keeps a directory
    /// open on each level: neither the stack (8 MiB) nor the descriptors (1,024) that a process usually has may run out.
    static let maximumDepth = 512

    /// Fails with `unsupported` where the path leads deeper than a snapshot's directories may nest.
    public func checkDepth() throws(SnapshotError) {
        if names.count > Self.maximumDepth {
            let top = BytePath(Array(names.prefix(3)))
            throw .unsupported(top, "directories nest more than \(Self.maximumDepth) deep below it")
        }
    }
}
