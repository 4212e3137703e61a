import Images
import Model

enum RecipeEdge {
    /// The input is one chunk after the other, each behind its length in two bytes.
    static func take(_ bytes: [UInt8]) throws -> Bool {
        var chunks: [[UInt8]] = []
        var rest = bytes[...]
        while rest.count > 2 {
            let count = Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())
            chunks.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        do {
            var left = chunks[...]
            var reader = RecipeReader(named: "layer") { left.popFirst() }
            var size: UInt64 = 0
            while let operation = try reader.next() {
                switch operation {
                case .bytes(let bytes): size += UInt64(bytes.count)
                case .zeros(let count): size += count
                case .body(let part):
                    try Finding.expect(
                        !part.range.isEmpty && part.range.upperBound <= part.size, "\(part) is no part of a body")
                    size += part.range.upperBound - part.range.lowerBound
                }
            }
            try Finding.expect(reader.end?.size == size && left.isEmpty, "its size is \(size)")
            guard size < 4 << 20 else { return true }
            left = chunks[...]
            let source = RecipeSource(RecipeReader(named: "layer") { left.popFirst() }, named: "layer") {
                part throws(ImagesError) in
                .bytes([UInt8](repeating: 1, count: Int(min(part.size, 4 << 20))))
            }
            while try !source.next().isEmpty {}
            return true
        } catch let error as ImagesError { return try Finding.refused(error.description) }
    }
}
