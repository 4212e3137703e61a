/// Tags as git refs: `refs/heads/<name>/@<tag>`.
///
/// Every legal tag name becomes a legal ref (git-check-ref-format(1)), the way back is exact, no component
/// grows, and no two conflict as file and directory, since only the last component begins with `@`.
/// Git refuses `:`, `..`, a trailing `.` and a trailing `.lock`; the bytes `%` and `,`, which no
/// tag name has, stand for the colon and for a dot that git would refuse.
extension TagName {
    public static let refPrefix = "refs/heads/"

    public var ref: String {
        let components = name.split(separator: "/").map { Self.encoded($0) } + ["@" + Self.encoded(tag[...])]
        return Self.refPrefix + components.joined(separator: "/")
    }

    /// Nil where `ref` is not one that ``ref`` gives.
    public init?(ref: String) {
        guard ref.hasPrefix(Self.refPrefix) else { return nil }
        let rest = ref.dropFirst(Self.refPrefix.count)
        guard let at = rest.range(of: "/@") else { return nil }
        let text = "\(Self.decoded(rest[..<at.lowerBound])):\(Self.decoded(rest[at.upperBound...]))"
        do throws(Invalid) { self = try TagName(parsing: text) } catch { return nil }
        guard self.ref == ref else { return nil }
    }

    private static func encoded(_ component: Substring) -> String {
        var result: [UInt8] = []
        let bytes = Array(component.utf8)
        for (index, byte) in bytes.enumerated() {
            let rest = bytes[(index + 1)...]
            switch byte {
            case UInt8(ascii: ":"): result.append(UInt8(ascii: "%"))
            case UInt8(ascii: ".") where rest.isEmpty || rest.first == byte || rest.elementsEqual("lock".utf8):
                result.append(UInt8(ascii: ","))
            default: result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func decoded(_ component: Substring) -> String {
        String(component.map { $0 == "%" ? ":" : $0 == "," ? "." : $0 })
    }
}

extension Substring {
    /// The first place where `text` stands (Foundation has this, and stays out of here).
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
