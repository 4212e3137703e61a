import Linux
import Model

/// Images in a file, a pipe or a directory: an OCI layout (image-spec, "Image Layout"), as a directory or in a tar file,
/// or what `docker save`, podman and skopeo write. What it is shows in what is in it, never in its name.
///
/// Where an archive is both, as docker's are since version 25, the layout counts.
public final class ImageArchive {
    /// What messages call the archive.
    public let name: String
    let files: any ArchiveFiles
    private let isLayout: Bool

    /// Reads a tar file's headers, and copies what can't be read by offset.
    /// - Parameters:
    ///   - descriptor: open for reading; read from its current position where it is no directory.
    ///   - name: what messages call the archive.
    ///   - directory: where an unnamed file is made for an archive that is compressed or comes through a pipe.
    ///   - limit: throws where that file would become larger than this many bytes; by default 16 GiB, or 200 times the
    ///     compressed bytes where that is more, and 256 GiB at most.
    public init(
        opening descriptor: consuming Descriptor, named name: String, spoolingTo directory: borrowing Descriptor,
        limit: UInt64? = nil
    ) throws(ImagesError) {
        self.name = name
        var fault: ImagesError?
        let kind: FileKind
        do throws(SystemError) { kind = try descriptor.status().kind } catch {
            throw ImagesError("read archive", name, error.errno.description)
        }
        if kind == .directory {
            files = DirectoryFiles(descriptor)
        } else {
            let archive = try SeekableArchive(descriptor, named: name, spoolingTo: directory, limit: limit)
            let index = try TarIndex(archive.file, from: archive.start, named: name)
            fault = index.fault
            files = TarFiles(archive.takeFile(), members: index.members)
        }
        let files = files
        func has(_ path: String) throws(ImagesError) -> Bool {
            do throws(Refusal) { return try files.size(of: Self.path(path)) != nil } catch {
                throw ImagesError("read archive", "\(name): '\(path)'", error.reason)
            }
        }
        let (hasMark, hasIndex) = (try has(OCILayout.fileName), try has(Self.indexName))
        isLayout = hasMark && hasIndex
        let hasDockerManifest = try has(DockerArchiveManifest.fileName)
        guard isLayout || hasDockerManifest else {
            let isOld = try has("repositories")
            throw ImagesError(
                "read archive", name,
                isOld
                    ? "it was written by a docker older than 1.10; load and save it with a newer one"
                    : "it holds no image: neither an OCI layout nor a manifest.json")
        }
        if let fault { throw fault }
    }

    /// Every image for a platform, in the archive's order, each once with all its names. Documents and which layers there
    /// are have been checked; the layers' content is when it is read.
    /// - Parameter platform: what is taken where there is a choice, the host's where nil. Given, an image without a choice
    ///   has to be for it too.
    public func images(for platform: Platform? = nil) throws(ImagesError) -> [ArchivedImage] {
        isLayout ? try layoutImages(for: platform) : try dockerImages(for: platform)
    }

    /// A layer's bytes as they lie there. At the end they are compared with their descriptor's digest, where there is one.
    public func open(_ layer: ArchivedLayer) throws(ImagesError) -> any ByteSource {
        let subject = subject(layer.path)
        do throws(Refusal) {
            let part = try files.open(layer.path)
            guard part.size == layer.size else { throw Refusal("its size has changed") }
            return VerifyingSource(part, digest: layer.descriptor?.digest, named: subject)
        } catch { throw ImagesError("read archive", subject, error.reason) }
    }

    // MARK: Files

    static let indexName = "index.json"

    /// A path that varve made up itself.
    static func path(_ text: String) -> BytePath { BytePath(text.split(separator: "/").map { ByteName($0.utf8) }) }

    static func blobPath(_ digest: Digest) -> BytePath { path("blobs/\(digest.algorithm)/\(digest.hex)") }

    func subject(_ path: BytePath) -> String {
        "\(name): '\(Escaping.displayed(Array(path.bytes.dropFirst())))'"
    }

    /// The whole of a file that is not larger than `limit`; a larger one is refused unread.
    func contents(_ path: BytePath, limit: Int) throws(ImagesError) -> [UInt8] {
        do throws(Refusal) {
            let part = try files.open(path)
            guard part.size <= UInt64(limit) else { throw Refusal("it is larger than \(limit) bytes") }
            return try part.descriptor.exactly(Int(part.size), at: part.offset)
        } catch { throw ImagesError("read archive", subject(path), error.reason) }
    }

    /// A document, which has to be what its descriptor says.
    func contents(_ descriptor: ContentDescriptor, limit: Int) throws(ImagesError) -> [UInt8] {
        let path = Self.blobPath(descriptor.digest)
        guard descriptor.size <= Int64(limit) else {
            throw ImagesError("read archive", subject(path), "it is larger than \(limit) bytes")
        }
        let bytes = try contents(path, limit: limit)
        guard bytes.count == descriptor.size else {
            throw ImagesError(
                "read archive", subject(path), "its size is \(bytes.count), and not \(descriptor.size) as was said")
        }
        guard descriptor.digest.names(bytes) else {
            throw ImagesError("read archive", subject(path), "its content has another digest")
        }
        return bytes
    }

    func refused(_ reason: String) -> ImagesError { ImagesError("read archive", name, reason) }
}
