import CGit2
import Model

/// The differences of two texts, line by line.
public struct TextPatch: Sendable {
    /// Unified hunks, each with its `@@` line; empty where the texts are equal.
    public let hunks: [UInt8]
    public let added: Int
    public let removed: Int

    /// Texts with a NUL in their first 8,000 bytes are binary, as git has it.
    public static func isBinary(_ bytes: [UInt8]) -> Bool { bytes.prefix(8000).contains(0) }

    /// - Parameter context: how many unchanged lines stand around a change.
    public init(from old: [UInt8], to new: [UInt8], context: UInt32 = 3) throws(StoreError) {
        try GitRepository.start()
        var options = git_diff_options()
        try git("compare texts", "") { git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION)) }
        options.context_lines = context
        options.flags |= GIT_DIFF_FORCE_TEXT.rawValue
        // The patch points into both texts for as long as it is used.
        var outcome = Result<TextPatch, StoreError>.success(TextPatch())
        old.withUnsafeBytes { left in
            new.withUnsafeBytes { right in
                do throws(StoreError) { outcome = .success(try TextPatch(left, right, &options)) } catch {
                    outcome = .failure(error)
                }
            }
        }
        self = try outcome.get()
    }

    private init() { (hunks, added, removed) = ([], 0, 0) }

    /// The texts are borrowed for the call.
    private init(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, _ options: inout git_diff_options
    ) throws(StoreError) {
        var made: OpaquePointer?
        try git("compare texts", "") {
            git_patch_from_buffers(
                &made, left.baseAddress, left.count, "a", right.baseAddress, right.count, "b", &options)
        }
        guard let patch = made else {
            (hunks, added, removed) = ([], 0, 0)
            return
        }
        defer { git_patch_free(patch) }
        var (additions, deletions) = (0, 0)
        try git("compare texts", "") { git_patch_line_stats(nil, &additions, &deletions, patch) }
        let collected = HunkCollector()
        try git("compare texts", "") {
            git_patch_print(patch, collectLine, Unmanaged.passUnretained(collected).toOpaque())
        }
        (hunks, added, removed) = (collected.bytes, additions, deletions)
    }
}

private final class HunkCollector {
    var bytes: [UInt8] = []
}

/// git_diff_line_cb: takes the hunks and leaves out the file header, whose names are made up.
private func collectLine(
    _: UnsafePointer<git_diff_delta>?, _: UnsafePointer<git_diff_hunk>?, _ line: UnsafePointer<git_diff_line>?,
    _ payload: UnsafeMutableRawPointer?
) -> Int32 {
    guard let line = line?.pointee, let payload else { return 0 }
    let collector = Unmanaged<HunkCollector>.fromOpaque(payload).takeUnretainedValue()
    let origin = UInt8(bitPattern: line.origin)
    switch origin {
    case UInt8(ascii: "F"), UInt8(ascii: "B"): return 0
    case UInt8(ascii: " "), UInt8(ascii: "+"), UInt8(ascii: "-"): collector.bytes.append(origin)
    default: break
    }
    collector.bytes.append(contentsOf: UnsafeRawBufferPointer(start: line.content, count: line.content_len))
    return 0
}
