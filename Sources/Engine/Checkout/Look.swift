import Glibc
import Linux
import Model
import ObjectStore
import Snapshot

extension Repository {
    /// Mounts a commit read-only at a directory (`varve mount`). No collection takes anything of it until ``unmount(_:root:)``, or
    /// until the machine starts again.
    public func mount(_ commit: ObjectID, at directory: String) throws {
        // Until the record is there.
        let hold = try store().holdOffCollection()
        defer { withExtendedLifetime(hold) {} }
        let mount = try checkout().mount(try content(of: commit).fs, in: self, writable: nil)
        // Nothing is collected on a read-only filesystem, and no record can be made there.
        guard hold != nil else { return try Mounts.attach(mount, at: KernelPath(directory)) }
        let record = try MountRecord(of: mount, root: root)
        try record.make(commit)
        do throws(SystemError) { try Mounts.attach(mount, at: KernelPath(directory)) } catch {
            try record.remove()
            throw error
        }
    }

    /// Writes a commit out as plain files (`varve checkout`). The directory must not exist, or be empty.
    public func checkOut(_ commit: ObjectID, to directory: String) throws {
        let isThere = try Files.exists(KernelPath(directory))
        if !isThere { try Files.makeDirectory(KernelPath(directory), mode: 0o700) }
        let target = try Files.openDirectory(KernelPath(directory))
        guard try Files.names(in: target).isEmpty else {
            throw EngineError.refused("check out", subject: directory, reason: "the directory is not empty")
        }
        do {
            try Materialize(from: try store(), for: .copy).write(try content(of: commit).fs, into: target)
        } catch {
            for name in try Files.names(in: target) { try Files.removeAll(KernelPath(name), in: target.reference) }
            if !isThere { try Files.removeAll(KernelPath(directory)) }
            throw error
        }
    }

    /// One entry of a directory as `ls` shows it.
    public struct ListedEntry: Sendable {
        public let name: ByteName
        public let attributes: Attributes
        public let id: ObjectID
        public let symlinkTarget: [UInt8]?
    }

    /// What is at `REV:/path` or `CONTAINER:/path`: a directory's entries sorted by name, or the one file.
    public func list(_ place: String, _ path: BytePath) throws -> [ListedEntry] {
        let source = WorkingObjects(over: try store())
        switch try node(place, path, in: source) {
        case .directory(let tree):
            return try source.directory(tree).entries.map { try listed($0.name, $0.node, in: source) }
        case let node: return [try listed(path.last ?? "/", node, in: source)]
        }
    }

    private func listed(_ name: ByteName, _ node: Node, in source: any ObjectSource) throws -> ListedEntry {
        switch node {
        case .directory(let tree):
            let attributes = try source.directory(tree).attributes
            return ListedEntry(name: name, attributes: attributes, id: tree, symlinkTarget: nil)
        case .leaf(let attributes, let body):
            let target = attributes.kind == .symlink ? try source.read(body, as: .blob) : nil
            return ListedEntry(name: name, attributes: attributes, id: body, symlinkTarget: target)
        }
    }

    /// Calls `body` with the content of the regular file at `REV:/path` or `CONTAINER:/path`, in parts.
    public func readFile(_ place: String, _ path: BytePath, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let store = try store()
        let source = WorkingObjects(over: store)
        guard case .leaf(let attributes, let id) = try node(place, path, in: source), attributes.kind == .regular else {
            throw EngineError.wrongKind(place, path, expected: "a regular file")
        }
        let (size, holes) = (attributes.size, attributes.holes)
        guard try store.containsBody(id, size: size, holes: holes) else {
            return try readUnstored(id, size: size, in: source, body)
        }
        switch try store.body(id, size: size, holes: holes) {
        case .inline(let bytes): try bytes.withUnsafeBytes(body)
        case .file(let file): try file.readParts(body)
        }
    }

    /// Hands over a body that only the container has. Fails with `changed` at the end where what was read is not what
    /// the file held when it was looked at.
    private func readUnstored(
        _ id: ObjectID, size: UInt64, in source: WorkingObjects, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let file = try source.file(of: id)
        // A closure can't hold a borrowed descriptor; its number is valid for as long as this call.
        let raw = file.raw
        let found = try source.addBody(size: size, holes: []) { buffer in
            let count = try system("read", "") { Glibc.read(raw, buffer.baseAddress, buffer.count) }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            return count
        }
        withExtendedLifetime(file) {}
        guard found == id else { throw StoreError("read blob", id.hex, .changed("the container wrote to it")) }
    }

    private func node(_ place: String, _ path: BytePath, in source: WorkingObjects) throws -> Node {
        guard let node = try source.node(at: path, in: try tree(of: place, in: source)) else {
            throw EngineError.unknownPath(place, path)
        }
        return node
    }
}

extension Descriptor {
    /// The file from its beginning, in parts of up to 1 MiB.
    fileprivate func readParts(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try read(into: buffer)
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
