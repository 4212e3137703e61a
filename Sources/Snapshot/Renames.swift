import Model
import ObjectStore

/// Finds which added file is which deleted file under a new name.
enum Renames {
    /// Positions in the list of changes.
    struct Pair {
        let old: Int
        let new: Int
    }

    /// Beyond this many files on either side only equal bodies are paired, as git's diff.renameLimit has it.
    static let similarityLimit = 400
    /// Larger files are compared by their ids alone.
    static let maximumTextSize: UInt64 = 1 << 20
    /// Per cent of likeness from which two texts count as one, git's default.
    static let threshold = 50

    /// - Parameter changes: sorted by path.
    static func pairs(in changes: [Change], _ source: any ObjectSource) throws -> [Pair] {
        var old = candidates(changes, .deleted)
        if old.isEmpty { return [] }
        var new = candidates(changes, .added)
        if let source = source as? any ProvisionalSource { try settle(&new, likely: old, in: source) }
        var pairs = exact(&old, &new)
        // What was not looked at can be like nothing: that waits for a closer look (``NewFiles/closer(for:)``).
        if mayBeAlike(old, new), !new.contains(where: { $0.body == .unseen }) {
            pairs += try similar(old, new, in: source)
        }
        return pairs
    }

    /// Whether there are files on both sides that likeness could pair, and not too many of them.
    static func mayBeAlike(_ old: [Candidate], _ new: [Candidate]) -> Bool {
        !old.isEmpty && !new.isEmpty && max(old.count, new.count) <= similarityLimit
    }

    struct Candidate {
        let position: Int
        let name: ByteName?
        let attributes: Attributes
        var body: ObjectID
    }

    /// Files with a body. Empty files are all alike, so none is another one renamed.
    static func candidates(_ changes: [Change], _ kind: Change.Kind) -> [Candidate] {
        changes.enumerated().compactMap { position, change in
            guard change.kind == kind, case .leaf(let attributes, let body)? = change.new ?? change.old,
                attributes.hasBody, attributes.size > 0
            else { return nil }
            return Candidate(position: position, name: change.path.last, attributes: attributes, body: body)
        }
    }

    /// Reads those new files that could be old ones by their size.
    private static func settle(
        _ new: inout [Candidate], likely old: [Candidate], in source: any ProvisionalSource
    ) throws {
        let sizes = Set(old.map(\.attributes.size))
        for index in new.indices where sizes.contains(new[index].attributes.size) {
            new[index].body = try source.settled(new[index].body)
        }
    }

    private struct Content: Hashable {
        let kind: FileKind
        let body: ObjectID
        /// Nil where it does not matter.
        let name: ByteName?
    }

    /// Of several files with one body, those with the same last name belong together first.
    private static func exact(_ old: inout [Candidate], _ new: inout [Candidate]) -> [Pair] {
        var pairs: [Pair] = []
        for sameName in [true, false] {
            func content(_ candidate: Candidate) -> Content {
                Content(
                    kind: candidate.attributes.kind, body: candidate.body, name: sameName ? candidate.name : nil)
            }
            // Last first, so that the first by path is taken from the end.
            var origins = Dictionary(grouping: old.reversed(), by: content)
            var taken: Set<Int> = []
            new.removeAll { candidate in
                guard let origin = origins[content(candidate)]?.popLast() else { return false }
                pairs.append(Pair(old: origin.position, new: candidate.position))
                taken.insert(origin.position)
                return true
            }
            old.removeAll { taken.contains($0.position) }
        }
        return pairs
    }

    private static func similar(
        _ old: [Candidate], _ new: [Candidate], in source: any ObjectSource
    ) throws -> [Pair] {
        let left = try old.compactMap { try signature($0, in: source) }
        let right = try new.compactMap { try signature($0, in: source) }
        var scores: [(score: Int, old: Int, new: Int)] = []
        for a in left {
            for b in right {
                // A text can't be half of another that is more than twice as long.
                guard min(a.size, b.size) * 2 >= max(a.size, b.size) else { continue }
                let score = try a.signature.similarity(to: b.signature)
                if score >= threshold { scores.append((score, a.position, b.position)) }
            }
        }
        scores.sort { ($1.score, $0.old, $0.new) < ($0.score, $1.old, $1.new) }
        var taken: Set<Int> = []
        var given: Set<Int> = []
        return scores.compactMap { _, old, new in
            guard !taken.contains(old), !given.contains(new) else { return nil }
            taken.insert(old)
            given.insert(new)
            return Pair(old: old, new: new)
        }
    }

    private static func signature(
        _ candidate: Candidate, in source: any ObjectSource
    ) throws -> (position: Int, size: UInt64, signature: TextSignature)? {
        let size = candidate.attributes.size
        guard candidate.attributes.kind == .regular, size <= maximumTextSize,
            let signature = try TextSignature(of: try source.read(candidate.body, as: .blob))
        else { return nil }
        return (candidate.position, size, signature)
    }
}
