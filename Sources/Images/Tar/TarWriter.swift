import Linux
import Model

/// Why something was not written.
public enum TarWriterError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The format has no form for it. Nothing of it was written: others can follow.
    case notCarried(BytePath, reason: String)
    /// The writer is of no more use.
    case failed(ImagesError)

    public var description: String {
        switch self {
        case .notCarried(let path, let reason): "write archive: \(path): \(reason)"
        case .failed(let error): error.description
        }
    }
}

/// Writes a tar file in the pax interchange format: ustar headers, and before them extended headers for what those
/// can't hold (docs/layers.md). The same entries give the same bytes.
public final class TarWriter {
    private let sink: any ByteSink
    private let dialect: TarDialect
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

    /// - Parameter dialect: for a layer, names that begin with `.wh.` are whiteouts and can't be files.
    public init(to sink: any ByteSink, dialect: TarDialect) {
        self.sink = sink
        self.dialect = dialect
    }

    deinit { buffer.deallocate() }

    /// Adds a file with its body.
    /// - Parameter body: of a regular file, as long as its size says, zeros where its holes are; unused for all others.
    public func add(_ entry: TarEntry, body: borrowing BodyContent = .bytes([])) throws(TarWriterError) {
        if let reason = obstacle(entry) { throw .notCarried(entry.path, reason: reason) }
        let member = TarMemberForm(entry)
        do throws(ImagesError) {
            try sink.write(member.headers)
            for range in member.data { try copy(range, of: entry, body) }
            try pad(member.storedSize)
        } catch { throw .failed(error) }
    }

    /// Adds the mark that nothing stands at this path any more.
    public func whiteout(_ path: BytePath) throws(TarWriterError) {
        guard let name = path.last else { throw .notCarried(path, reason: "the root can't be removed") }
        try mark(path, path.parent.appending(ByteName(WhiteoutNames.prefix.bytes + name.bytes)))
    }

    /// Adds the mark that nothing that layers below have in this directory is there any more.
    public func opaque(_ path: BytePath) throws(TarWriterError) {
        try mark(path, path.appending(WhiteoutNames.opaque))
    }

    /// Ends the archive with two blocks of zeros, and finishes the sink.
    public func finish() throws(ImagesError) {
        try sink.write([UInt8](repeating: 0, count: 2 * TarHeader.byteCount))
        try sink.finish()
    }

    private func mark(_ path: BytePath, _ marker: BytePath) throws(TarWriterError) {
        precondition(dialect == .layer, "only layers have whiteouts")
        if let reason = nameObstacle(path) { throw .notCarried(path, reason: reason) }
        let entry = TarEntry(path: marker, attributes: Attributes(kind: .regular, permissions: 0))
        do throws(ImagesError) { try sink.write(TarMemberForm(entry).headers) } catch { throw .failed(error) }
    }

    // MARK: What can't be carried

    private func obstacle(_ entry: TarEntry) -> String? {
        if entry.attributes.kind == .socket { return "tar has no form for sockets" }
        if let problem = nameObstacle(entry.path) { return problem }
        return entry.hardLinkTarget.flatMap(nameObstacle)
    }

    private func nameObstacle(_ path: BytePath) -> String? {
        if dialect == .layer, path.names.contains(where: { $0.hasPrefix(WhiteoutNames.prefix) }) {
            return "in a layer a name that begins with .wh. tells of a removed file"
        }
        // With the slash at a directory's end, or in the place of the one at the beginning.
        if path.bytes.count + WhiteoutNames.opaque.bytes.count > TarNames.maximumPath {
            return "its path is too long for readers of tar files"
        }
        return nil
    }

    // MARK: Bodies

    private func copy(
        _ range: Range<UInt64>, of entry: TarEntry, _ body: borrowing BodyContent
    ) throws(ImagesError) {
        var position = range.lowerBound
        while position < range.upperBound {
            let part = UnsafeMutableRawBufferPointer(
                rebasing: buffer[..<Int(min(UInt64(buffer.count), range.upperBound - position))])
            let count: Int
            do throws(SystemError) { count = try body.read(into: part, at: position) } catch {
                throw ImagesError("write archive", entry.path.displayed, error.errno.description)
            }
            guard count > 0 else {
                throw ImagesError(
                    "write archive", entry.path.displayed,
                    "its body ends at byte \(position) of \(entry.attributes.size)")
            }
            try sink.write(UnsafeRawBufferPointer(rebasing: part[..<count]))
            position += UInt64(count)
        }
    }

    private func pad(_ size: UInt64) throws(ImagesError) {
        let count = Int(-Int64(bitPattern: size) & 0x1ff)
        if count > 0 { try sink.write([UInt8](repeating: 0, count: count)) }
    }
}
