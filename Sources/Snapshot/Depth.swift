import Model

extension BytePath {
    /// How deep directories of a snapshot may nest: as deep as any path that the kernel takes at once
    /// (PATH_MAX is 4,096 bytes). What walks a tree goes down by recursion, which must not exhaust the stack.
    static let maximumDepth = 2048

    func checkDepth() throws(SnapshotError) {
        if names.count > Self.maximumDepth {
            let top = BytePath(Array(names.prefix(3)))
            throw .unsupported(top, "directories nest more than \(Self.maximumDepth) deep below it")
        }
    }
}
