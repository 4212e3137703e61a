import Model
import ObjectStore

/// Finds which added file is which deleted file under a new name.
enum Renames {
    struct Pair {
        let old: BytePath
        let new: BytePath
    }

    /// Beyond this many files on either side only equal bodies are paired, as git's diff.renameLimit has it.
    static let similarityLimit = 400
    /// Larger files are compared by their ids alone.
    static let maximumTextSize: UInt64 = 1 << 20
    /// Per cent of likeness from which two texts count as one, git's default.
    static let threshold = 50

    static func pairs(
        deleted: [BytePath: Node], added: [BytePath: Node], in source: any ObjectSource
    ) throws -> [Pair] {
        var old = candidates(deleted)
        var new = candidates(added)
        var pairs = exact(&old, &new)
        if !old.isEmpty, !new.isEmpty, max(old.count, new.count) <= similarityLimit {
            pairs += try similar(old, new, in: source)
        }
        return pairs
    }

    private struct Candidate {
        let path: BytePath
        let attributes: Attributes
        let body: ObjectID
    }

    /// Files with a body, by path. Empty files are all alike, so none is another one renamed.
    private static func candidates(_ nodes: [BytePath: Node]) -> [Candidate] {
        nodes.compactMap { path, node in
            guard case .leaf(let attributes, let body) = node, attributes.hasBody, attributes.size > 0 else {
                return nil
            }
            return Candidate(path: path, attributes: attributes, body: body)
        }
        .sorted { $0.path < $1.path }
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
                    kind: candidate.attributes.kind, body: candidate.body, name: sameName ? candidate.path.last : nil)
            }
            // Last first, so that the first by path is taken from the end.
            var origins = Dictionary(grouping: old.reversed(), by: content)
            var taken: Set<BytePath> = []
            new.removeAll { candidate in
                guard let origin = origins[content(candidate)]?.popLast() else { return false }
                pairs.append(Pair(old: origin.path, new: candidate.path))
                taken.insert(origin.path)
                return true
            }
            old.removeAll { taken.contains($0.path) }
        }
        return pairs
    }

    private static func similar(
        _ old: [Candidate], _ new: [Candidate], in source: any ObjectSource
    ) throws -> [Pair] {
        let left = try old.compactMap { try signature($0, in: source) }
        let right = try new.compactMap { try signature($0, in: source) }
        var scores: [(score: Int, old: BytePath, new: BytePath)] = []
        for a in left {
            for b in right {
                // A text can't be half of another that is more than twice as long.
                guard min(a.size, b.size) * 2 >= max(a.size, b.size) else { continue }
                let score = try a.signature.similarity(to: b.signature)
                if score >= threshold { scores.append((score, a.path, b.path)) }
            }
        }
        scores.sort { ($1.score, $0.old, $0.new) < ($0.score, $1.old, $1.new) }
        var taken: Set<BytePath> = []
        var given: Set<BytePath> = []
        return scores.compactMap { _, old, new in
            guard !taken.contains(old), !given.contains(new) else { return nil }
            taken.insert(old)
            given.insert(new)
            return Pair(old: old, new: new)
        }
    }

    private static func signature(
        _ candidate: Candidate, in source: any ObjectSource
    ) throws -> (path: BytePath, size: UInt64, signature: TextSignature)? {
        let size = candidate.attributes.size
        guard candidate.attributes.kind == .regular, size <= maximumTextSize,
            let signature = try TextSignature(of: try source.read(candidate.body, as: .blob))
        else { return nil }
        return (candidate.path, size, signature)
    }
}
