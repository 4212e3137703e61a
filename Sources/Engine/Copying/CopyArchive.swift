import Images
import Linux
import Model

/// Copies into a tar file, with every attribute that it has a form for.
final class CopyArchive: CopySink {
    private let writer: TarWriter
    var leftOut: [LeftOut] = []
    /// Directories that were left out, with all that is in them, and files.
    private var without: Set<BytePath> = []

    init(to output: consuming Descriptor, named name: String) {
        writer = TarWriter(to: DescriptorSink(output, name: name), dialect: .archive)
    }

    func add(_ entry: TarEntry, body: borrowing CopyBody) throws {
        let isMissing = [entry.path.parent, entry.hardLinkTarget].contains { $0.map(without.contains) == true }
        if isMissing {
            without.insert(entry.path)
            return
        }
        do throws(TarWriterError) { try write(entry, body) } catch {
            guard case .notCarried(let path, let reason) = error else { throw error }
            without.insert(path)
            leftOut.append(LeftOut(path: path, reason: reason))
        }
    }

    private func write(_ entry: TarEntry, _ body: borrowing CopyBody) throws(TarWriterError) {
        switch body {
        case .none: try writer.add(entry)
        case .file(let file):
            let content: BodyContent
            do throws(SystemError) { content = .file(try file.duplicate()) } catch {
                throw .failed(ImagesError("write archive", entry.path.displayed, error.errno.description))
            }
            try writer.add(entry, body: content)
        case .archived: preconditionFailure("archives are not copied to archives")
        }
    }

    func finish() throws { try writer.finish() }

    func finishWhatIsThere() {}
}
