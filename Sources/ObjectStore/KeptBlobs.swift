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
        return KeptBlobWriter(file, in: directory)
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
    private let directory: Descriptor
    private let file: TemporaryFile
    private var isPublished = false

    fileprivate init(_ file: TemporaryFile, in directory: consuming Descriptor) {
        self.file = file
        self.directory = directory
    }

    deinit {
        // There is nobody to tell; what stays is garbage that nothing looks at.
        if !isPublished {
            do throws(SystemError) { try Files.remove(KernelPath(file.path), in: directory.reference) } catch {}
        }
    }

    public func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) { try file.descriptor.write(bytes) }

    /// Makes the blob durable and visible.
    /// - Parameter digest: that of all bytes that were written, which the caller has checked.
    public func publish(as digest: Digest) throws(StoreError) {
        try attempt("keep blob", digest.description) { () throws(SystemError) in
            try file.descriptor.synchronize()
            let name = "\(digest.algorithm.rawValue)/\(digest.hex)"
            try Files.rename(
                KernelPath(file.path), in: directory.reference, to: KernelPath(name),
                in: directory.reference)
            isPublished = true
            try Files.synchronize(KernelPath(digest.algorithm.rawValue), in: directory.reference)
        }
    }
}
