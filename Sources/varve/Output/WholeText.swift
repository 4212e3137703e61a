import Glibc

/// A text that was added or taken away as a whole: what a comparison with nothing would find, without one.
enum WholeText {
    /// How many lines it has; the last may lack its line feed.
    static func lineCount(_ text: [UInt8]) -> Int {
        text.withUnsafeBytes { bytes in
            guard var rest = bytes.baseAddress else { return 0 }
            let end = rest + bytes.count
            var count = 0
            while rest < end, let feed = memchr(rest, 0x0a, end - rest) {
                count += 1
                rest = UnsafeRawPointer(feed) + 1
            }
            return count + (rest < end ? 1 : 0)
        }
    }

    /// The one unified hunk, as TextPatch writes it.
    static func hunk(_ text: [UInt8], isAdded: Bool) -> [UInt8] {
        let count = lineCount(text)
        if count == 0 { return [] }
        let range = count == 1 ? "1" : "1,\(count)"
        var result = Array((isAdded ? "@@ -0,0 +\(range) @@\n" : "@@ -\(range) +0,0 @@\n").utf8)
        result.reserveCapacity(result.count + text.count + count)
        for line in text.split(separator: 0x0a, maxSplits: count - 1, omittingEmptySubsequences: false) {
            result.append(isAdded ? UInt8(ascii: "+") : UInt8(ascii: "-"))
            result += line
            if line.last != 0x0a { result.append(0x0a) }
        }
        if text.last != 0x0a { result += Array("\\ No newline at end of file\n".utf8) }
        return result
    }
}
