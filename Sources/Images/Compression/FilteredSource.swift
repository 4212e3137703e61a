import CArchive

/// What libarchive decompresses: zstd (with a window of 128 MiB at most), bzip2 and lz4. Only its filters are used, through its raw format; it is
/// never asked to run a program.
final class FilteredSource: ByteSource {
    private let input: any ByteSource
    private let name: String
    private let archive: OpaquePointer
    /// What went wrong below libarchive, which only hears that something did.
    private var inputError: ImagesError?
    /// Compressed bytes that libarchive was given.
    private var fed: la_int64_t = 0
    private var hasEnded = false

    init(_ input: any ByteSource, name: String) throws(ImagesError) {
        guard let archive = archive_read_new() else {
            throw ImagesError("read archive", name, "no memory to decompress")
        }
        self.archive = archive
        self.input = input
        self.name = name
        // ARCHIVE_WARN stands for "by an external program" here (archive_read_filter(3)).
        let filters = [
            archive_read_support_filter_zstd, archive_read_support_filter_bzip2,
            archive_read_support_filter_lz4, archive_read_support_format_raw, archive_read_support_format_empty,
        ]
        for support in filters {
            guard support(archive) == ARCHIVE_OK else { throw refused("libarchive lacks a decompressor") }
        }
        archive_read_set_callback_data(archive, Unmanaged.passUnretained(self).toOpaque())
        archive_read_set_read_callback(archive) { _, context, result in
            guard let context, let result else { return -1 }
            return Unmanaged<FilteredSource>.fromOpaque(context).takeUnretainedValue().feed(result)
        }
        var entry: OpaquePointer?
        guard archive_read_open1(archive) == ARCHIVE_OK else { throw failure() }
        switch archive_read_next_header(archive, &entry) {
        case ARCHIVE_OK: break
        // The format for nothing at all.
        case ARCHIVE_EOF: hasEnded = true
        default: throw failure()
        }
        // A file that only looks compressed would pass through as it is.
        guard archive_filter_count(archive) > 1 else { throw refused("this is no tar archive, compressed or not") }
    }

    deinit { archive_read_free(archive) }

    func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        var block: UnsafeRawPointer?
        var count = 0
        var offset: la_int64_t = 0
        while !hasEnded {
            switch archive_read_data_block(archive, &block, &count, &offset) {
            case ARCHIVE_EOF:
                // bzip2's and lz4's filters take whatever they can't read for the end.
                let consumed = archive_filter_bytes(archive, -1)
                guard try input.next().isEmpty, consumed == fed else {
                    throw refused("there is something else after the compressed data")
                }
                hasEnded = true
            case ARCHIVE_OK where count > 0: return UnsafeRawBufferPointer(start: block, count: count)
            case ARCHIVE_OK: continue
            default: throw failure()
            }
        }
        return UnsafeRawBufferPointer(start: nil, count: 0)
    }

    private func feed(_ result: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
        do throws(ImagesError) {
            let chunk = try input.next()
            result.pointee = chunk.baseAddress
            fed += la_int64_t(chunk.count)
            return chunk.count
        } catch {
            inputError = error
            return -1
        }
    }

    /// The one funnel for libarchive's errors.
    private func failure() -> ImagesError {
        if let inputError { return inputError }
        let text = archive_error_string(archive).map { String(cString: $0) } ?? "the data is damaged"
        return refused("decompress: \(text)")
    }

    private func refused(_ reason: String) -> ImagesError { ImagesError("read archive", name, reason) }
}
