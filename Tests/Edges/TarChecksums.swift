/// The checksums of tar headers (POSIX pax, "ustar Interchange Format").
public enum TarChecksums {
    /// The same bytes, with the checksum right in every block that has the magic of a header.
    public static func corrected(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for start in stride(from: 0, to: bytes.count - 511, by: 512)
        where bytes[(start + 257)..<(start + 262)].elementsEqual("ustar".utf8) {
            for index in (start + 148)..<(start + 156) { bytes[index] = 0x20 }
            let sum = String(bytes[start..<(start + 512)].reduce(0) { $0 + Int($1) }, radix: 8)
            let digits = String(repeating: "0", count: 6 - sum.utf8.count) + sum
            bytes.replaceSubrange((start + 148)..<(start + 156), with: Array(digits.utf8) + [0, 0x20])
        }
        return bytes
    }
}
