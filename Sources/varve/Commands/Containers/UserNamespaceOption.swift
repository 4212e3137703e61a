import Engine
import Linux

/// The value of `--userns`.
struct UserNamespaceOption {
    let text: String

    init(_ text: String) { self.text = text }

    private func refusal(_ why: String) -> UsageError {
        UsageError(
            "read --userns: \(text): \(why)",
            hints: ["it takes host, auto, auto:size=65536, keep-id, or 0:100000:65536"])
    }

    func options() throws -> UserNamespaceOptions {
        switch text {
        case "host": return UserNamespaceOptions(.host)
        case "keep-id": return UserNamespaceOptions(.sameIDs)
        case "auto": return UserNamespaceOptions(.automatic(size: UserNamespaceOptions.usualSize))
        default: break
        }
        if text.hasPrefix("auto:") {
            let prefix = "auto:size="
            guard text.hasPrefix(prefix), let size = UInt32(text.dropFirst(prefix.count)), size > 0 else {
                throw refusal("it is no size")
            }
            return UserNamespaceOptions(.automatic(size: size))
        }
        return UserNamespaceOptions(.mapped(try ranges()))
    }

    private func ranges() throws -> [IDRange] {
        let ranges = try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let numbers = part.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0) }
            guard numbers.count == 3, let container = numbers[0], let host = numbers[1], let size = numbers[2], size > 0
            else { throw refusal("no such namespace") }
            // The kernel has no id 2^32 - 1.
            guard [container, host].allSatisfy({ UInt64($0) + UInt64(size) < 1 << 32 }) else {
                throw refusal("\(part) goes beyond the last id")
            }
            return IDRange(container: container, host: host, size: size)
        }
        guard ranges.count <= 340 else { throw refusal("the kernel takes 340 ranges") }
        guard ranges.host(of: 0) != nil else { throw refusal("root is in none of the ranges") }
        for (index, range) in ranges.enumerated() {
            for other in ranges[..<index] where range.overlaps(other) { throw refusal("ranges overlap") }
        }
        return ranges
    }
}

extension IDRange {
    /// Whether an id of either side is in both.
    fileprivate func overlaps(_ other: IDRange) -> Bool {
        [(container, other.container), (host, other.host)].contains { mine, theirs in
            UInt64(mine) < UInt64(theirs) + UInt64(other.size) && UInt64(theirs) < UInt64(mine) + UInt64(size)
        }
    }
}
