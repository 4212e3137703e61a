/// The SHA-1 name of a git object: 20 bytes, written as 40 lowercase hexadecimal digits.
public struct ObjectID: Hashable, Sendable {
    // Three big-endian words, so that comparing words compares bytes and no heap is touched.
    private let high: UInt64
    private let middle: UInt64
    private let low: UInt32

    public static let byteCount = 20

    /// - Parameter bytes: exactly 20 bytes; anything else gives nil.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var rest = bytes[...]
        func word<W: FixedWidthInteger>(_: W.Type) -> W {
            (0..<(W.bitWidth / 8)).reduce(W(0)) { value, _ in value << 8 | W(rest.removeFirst()) }
        }
        high = word(UInt64.self)
        middle = word(UInt64.self)
        low = word(UInt32.self)
    }

    /// Takes the 20 bytes at `pointer`, which may stand at any alignment: for hot loops over tables of ids.
    public init(loading pointer: UnsafeRawPointer) {
        high = UInt64(bigEndian: pointer.loadUnaligned(as: UInt64.self))
        middle = UInt64(bigEndian: pointer.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        low = UInt32(bigEndian: pointer.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
    }

    /// - Parameter hex: exactly 40 hexadecimal digits of either case; anything else gives nil.
    public init?(hex: some StringProtocol) {
        guard let bytes = [UInt8](hex: hex) else { return nil }
        self.init(bytes: bytes)
    }

    public var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Self.byteCount)
        withUnsafeBytes(of: high.bigEndian) { result.append(contentsOf: $0) }
        withUnsafeBytes(of: middle.bigEndian) { result.append(contentsOf: $0) }
        withUnsafeBytes(of: low.bigEndian) { result.append(contentsOf: $0) }
        return result
    }

    public var hex: String { bytes.hex }

    /// The first 10 digits: what is shown to people.
    public var short: String { String(hex.prefix(10)) }

    /// The id of git's empty blob, which stands in trees for what git has no entry for.
    public static let emptyBlob = ObjectID(hex: "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")!
    /// The id of git's empty tree.
    public static let emptyTree = ObjectID(hex: "4b825dc642cb6eb9a060e54bf8d69288fbee4904")!
}

extension ObjectID: Comparable {
    public static func < (a: ObjectID, b: ObjectID) -> Bool {
        (a.high, a.middle, a.low) < (b.high, b.middle, b.low)
    }
}

extension ObjectID: CustomStringConvertible {
    public var description: String { hex }
}
