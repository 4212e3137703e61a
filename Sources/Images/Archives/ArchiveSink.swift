import Model

/// Where an archive's files go, one after another.
protocol ArchiveSink: AnyObject {
    func makeDirectory(_ path: String) throws(Refusal)

    /// Starts a file, of which exactly `size` bytes will be written.
    func begin(_ path: String, size: UInt64) throws(Refusal)
    func write(_ bytes: UnsafeRawBufferPointer) throws(Refusal)
    func end() throws(Refusal)

    /// Writes the last file, the one that makes the others an archive.
    func finish(with path: String, _ bytes: [UInt8]) throws(Refusal)
}

extension ArchiveSink {
    /// A whole file.
    func add(_ path: String, _ bytes: [UInt8]) throws(Refusal) {
        try begin(path, size: UInt64(bytes.count))
        var failure: Refusal?
        bytes.withUnsafeBytes { buffer in
            do throws(Refusal) { try write(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
        try end()
    }
}
