import Images
import Linux
import Model
import ObjectStore
import Snapshot

/// What tar has no form for, or a layer none.
public struct LeftOut: Sendable, Hashable {
    public let path: BytePath
    public let reason: String
}

/// Writes the tar file of a layer, or of a whole root filesystem, from trees.
struct LayerTar {
    private let writer: TarWriter
    private let open: (ObjectID, Attributes) throws -> BodyContent
    private(set) var leftOut: [LeftOut] = []
    /// Directories that were left out, with all that is in them.
    private var without: Set<BytePath> = []
    /// Names of files that have several, under which they are there.
    private var written: Set<BytePath> = []
    /// Files whose first name was left out: under which they are there.
    private var moved: [BytePath: BytePath] = [:]

    /// - Parameter open: gives a regular file's body.
    init(
        to sink: any ByteSink, dialect: TarDialect, open: @escaping (ObjectID, Attributes) throws -> BodyContent
    ) {
        writer = TarWriter(to: sink, dialect: dialect)
        self.open = open
    }

    /// Writes all items and the end mark.
    mutating func write(_ items: [LayerItem], in source: any ObjectSource) throws {
        for item in items {
            try Interrupts.check()
            if !without.isEmpty, without.contains(item.path.parent) {
                if case .directory = item.content { without.insert(item.path) }
                continue
            }
            do throws(Stop) { try write(item, in: source) } catch {
                switch error {
                // What the layer below could not carry is not there to be taken away.
                case .leftOut where item.content == .whiteout: break
                case .leftOut(let reason):
                    leftOut.append(LeftOut(path: item.path, reason: reason))
                    if case .directory = item.content { without.insert(item.path) }
                case .failed(let error): throw error
                }
            }
        }
        try writer.finish()
    }

    private enum Stop: Error {
        case leftOut(String)
        case failed(any Error)
    }

    private mutating func write(_ item: LayerItem, in source: any ObjectSource) throws(Stop) {
        do {
            switch item.content {
            case .whiteout: try writer.whiteout(item.path)
            case .directory(let attributes): try writer.add(TarEntry(path: item.path, attributes: attributes))
            case .leaf(let attributes, let body):
                try add(item.path, attributes, body, in: source)
                if attributes.linkGroup != nil { written.insert(item.path) }
            case .hardLink(let first, let attributes, let body):
                let target = moved[first] ?? first
                if written.contains(target) {
                    try writer.add(TarEntry(path: item.path, attributes: attributes, hardLinkTarget: target))
                } else {
                    try add(item.path, attributes, body, in: source)
                    moved[first] = item.path
                    written.insert(item.path)
                }
            }
        } catch let error as TarWriterError {
            guard case .notCarried(_, let reason) = error else { throw .failed(error) }
            throw .leftOut(reason)
        } catch { throw .failed(error) }
    }

    private func add(
        _ path: BytePath, _ attributes: Attributes, _ body: ObjectID, in source: any ObjectSource
    ) throws {
        switch attributes.kind {
        case .regular:
            let content = try open(body, attributes)
            try writer.add(TarEntry(path: path, attributes: attributes), body: content)
        case .symlink:
            try writer.add(
                TarEntry(path: path, attributes: attributes, symlinkTarget: try source.read(body, as: .blob)))
        default: try writer.add(TarEntry(path: path, attributes: attributes))
        }
    }
}

extension ObjectStore {
    /// A regular file's body, for a tar file.
    func content(of body: ObjectID, _ attributes: Attributes) throws -> BodyContent {
        switch try self.body(body, size: attributes.size, holes: attributes.holes) {
        case .inline(let bytes): .bytes(bytes)
        case .file(let file): .file(file)
        }
    }
}
