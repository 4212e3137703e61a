import Testbed

/// Damage to an input: of single bytes, of numbers and text, and of whole blocks, which is what tar files are made of.
enum Mutation {
    private static let blockSize = 512

    static func of(_ inputs: [[UInt8]], using random: inout SplitMix) -> [UInt8] {
        guard var bytes = inputs.randomElement(using: &random), !bytes.isEmpty else { return [] }
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            switch Int.random(in: 0..<8, using: &random) {
            case 0: blocks(&bytes, of: inputs, using: &random)
            case 1: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            case 2: removed(&bytes, using: &random)
            case 3: bytes.insert(contentsOf: token(using: &random), at: place(in: bytes, using: &random))
            case 4: overwritten(&bytes, by: token(using: &random), using: &random)
            default: bytes[place(in: bytes, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if bytes.isEmpty { return bytes }
        }
        return bytes
    }

    /// Rarely in the zeros at the end.
    private static func place(in bytes: [UInt8], using random: inout SplitMix) -> Int {
        let end = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
        return min(bytes.count - 1, Int.random(in: 0..<(end + 8), using: &random))
    }

    private static func token(using random: inout SplitMix) -> [UInt8] {
        let tokens = [
            "0", "-1", "77777777777", "18446744073709551616", "9223372036854775807", "..", "/", "./", ".wh.",
            ".wh..wh..opq",
            "\u{0}", "\n", " ", "=", ",", "{", "}", "[", "]", "\"", "\\", "\\u0000", "\\ud800", "null", "1e999",
            "30 mtime=-1.5\n", "21 GNU.sparse.major=1\n", "size", "path", "${A:-", "x", "g", "L", "S", "\u{e9}",
        ]
        return Array((tokens.randomElement(using: &random) ?? "").utf8)
    }

    private static func removed(_ bytes: inout [UInt8], using random: inout SplitMix) {
        let start = place(in: bytes, using: &random)
        bytes.removeSubrange(start..<min(bytes.count, start + Int.random(in: 1...20, using: &random)))
    }

    private static func overwritten(_ bytes: inout [UInt8], by token: [UInt8], using random: inout SplitMix) {
        let start = place(in: bytes, using: &random)
        let end = min(bytes.count, start + token.count)
        bytes.replaceSubrange(start..<end, with: token.prefix(end - start))
    }

    /// Doubles a block, drops one, or brings one of another input.
    private static func blocks(_ bytes: inout [UInt8], of inputs: [[UInt8]], using random: inout SplitMix) {
        func block(of bytes: [UInt8], using random: inout SplitMix) -> Range<Int> {
            let start = Int.random(in: 0...(bytes.count / blockSize), using: &random) * blockSize
            return min(start, bytes.count)..<min(start + blockSize, bytes.count)
        }
        let own = block(of: bytes, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.insert(contentsOf: bytes[own], at: own.lowerBound)
        case 1: bytes.removeSubrange(own)
        default:
            guard let other = inputs.randomElement(using: &random) else { return }
            bytes.insert(contentsOf: other[block(of: other, using: &random)], at: own.lowerBound)
        }
    }
}
