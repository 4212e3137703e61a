import Glibc
import Linux
import Model

/// Compressed blobs of images as they came, `blobs/<algorithm>/<hex>`: no commit needs them, but with them an image
/// leaves with the digests that it came with.
extension ObjectStore {
    /// A kept blob, open for reading; nil where there is none.
    public func keptBlob(_ digest: Digest) throws(StoreError) -> Descriptor? {
        do throws(SystemError) {
            return try Files.open(KernelPath(keptBlobPath(digest)), flags: O_RDONLY | O_NOFOLLOW)
        } catch {
            if error.errno == .noEntry { return nil }
            throw StoreError("open blob", digest.description, .system(error))
        }
    }

    /// Takes one blob, piece by piece.
    public func keepBlob() throws(StoreError) -> KeptBlobWriter {
        try attempt("keep blob", blobsDirectory) { () throws(SystemError) in
            if try Files.exists(KernelPath("\(blobsDirectory)/\(Self.temporaryBlobs)")) { return }
            for name in Digest.Algorithm.allCases.map(\.rawValue) + [Self.temporaryBlobs] {
                try Files.makeDirectories("\(blobsDirectory)/\(name)", mode: 0o700)
            }
            for directory in [blobsDirectory, root] { try Files.openDirectory(KernelPath(directory)).synchronize() }
        }
        let directory = try attempt("keep blob", blobsDirectory) { () throws(SystemError) in
            try Files.openDirectory(KernelPath(blobsDirectory))
        }
        let file = try attempt("keep blob", blobsDirectory) { () throws(SystemError) in
            try TemporaryFile.create("\(Self.temporaryBlobs)/", in: directory.reference)
        }
        return KeptBlobWriter(file, in: blobsDirectory)
    }

    var blobsDirectory: String { "\(root)/blobs" }
    static let temporaryBlobs = "tmp"

    private func keptBlobPath(_ digest: Digest) -> String {
        "\(blobsDirectory)/\(digest.algorithm.rawValue)/\(digest.hex)"
    }
}

/// A blob that is being written. It is there for others when ``publish(as:)`` returns, or not at all. One thread at a time
/// may use it, whichever that is.
public final class KeptBlobWriter: @unchecked Sendable {
    private let blobsDirectory: String
    /// Relative to that.
    private let path: String
    /// Nil once it is sealed.
    private var file: TemporaryFile?
    private var isPublished = false

    fileprivate init(_ file: TemporaryFile, in blobsDirectory: String) {
        self.file = file
        self.blobsDirectory = blobsDirectory
        path = file.path
    }

    deinit {
        if isPublished { return }
        // There is nobody to tell; what stays is garbage that nothing looks at.
        do throws(SystemError) { try Files.remove(KernelPath("\(blobsDirectory)/\(path)")) } catch {}
    }

    /// Only before ``seal()``.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        precondition(file != nil, "the blob is sealed")
        try file?.descriptor.write(bytes)
    }

    /// Makes what was written durable, and closes the file: many blobs may wait to be published.
    public func seal() throws(StoreError) {
        try attempt("keep blob", path) { () throws(SystemError) in try file?.descriptor.synchronize() }
        file = nil
    }

    /// Makes the blob visible, in place of one that was there.
    /// - Parameter digest: that of all bytes that were written, which the caller has checked.
    public func publish(as digest: Digest) throws(StoreError) {
        try seal()
        try attempt("keep blob", digest.description) { () throws(SystemError) in
            let directory = "\(blobsDirectory)/\(digest.algorithm.rawValue)"
            try Files.rename(KernelPath("\(blobsDirectory)/\(path)"), to: KernelPath("\(directory)/\(digest.hex)"))
            isPublished = true
            try Files.openDirectory(KernelPath(directory)).synchronize()
        }
    }
}
