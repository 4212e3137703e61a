/// Names content by its hash (image-spec, "Digests"): `sha256:` and 64 lowercase hexadecimal digits, say.
public struct Digest: Hashable, Sendable {
    /// The algorithms that the image specification registers and varve can check.
    public enum Algorithm: String, Sendable, CaseIterable {
        case sha256, sha512

        public var byteCount: Int {
            switch self {
            case .sha256: 32
            case .sha512: 64
            }
        }
    }

    public struct Invalid: Error, Hashable, Sendable {
        public let text: String
        public let reason: String
    }

    public let algorithm: Algorithm
    /// Lowercase, two digits a byte.
    public let hex: String

    /// - Parameter bytes: as many as the algorithm has; anything else gives nil.
    public init?(_ algorithm: Algorithm, _ bytes: some Collection<UInt8>) {
        guard bytes.count == algorithm.byteCount else { return nil }
        self.algorithm = algorithm
        hex = bytes.hex
    }

    public init(parsing text: String) throws(Invalid) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw Invalid(text: text, reason: "a digest is an algorithm, ':' and hexadecimal digits")
        }
        guard let algorithm = Algorithm(rawValue: String(parts[0])) else {
            throw Invalid(text: text, reason: "its algorithm is neither sha256 nor sha512")
        }
        let digits = parts[1].utf8
        guard digits.count == 2 * algorithm.byteCount, digits.allSatisfy({ hexDigits.contains($0) }) else {
            throw Invalid(
                text: text, reason: "\(algorithm) has \(2 * algorithm.byteCount) lowercase hexadecimal digits")
        }
        self.algorithm = algorithm
        hex = String(parts[1])
    }

    public var bytes: [UInt8] {
        guard let bytes = [UInt8](hex: hex) else { preconditionFailure("a digest has hexadecimal digits only") }
        return bytes
    }

    /// The first 12 digits: what is shown to people.
    public var short: String { String(hex.prefix(12)) }
}

extension Digest: CustomStringConvertible {
    public var description: String { "\(algorithm):\(hex)" }
}

extension Digest: Comparable {
    public static func < (a: Digest, b: Digest) -> Bool {
        (a.algorithm.rawValue, a.hex) < (b.algorithm.rawValue, b.hex)
    }
}
