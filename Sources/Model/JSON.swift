/// A JSON value (RFC 8259) that keeps all its text said: numbers digit by digit, members in their order.
///
/// Equality is that of the text: strings compare by their UTF-8 bytes (not by Unicode equivalence, as `String` does),
/// numbers by their digits (`1` and `1.0` differ), objects by their members in order.
public enum JSON: Sendable {
    case null
    case bool(Bool)
    /// The literal as RFC 8259 writes it, such as `-12.50e3`; ``integer(_:)`` makes one from a Swift integer.
    case number(String)
    case string(String)
    case array([JSON])
    /// Members in order, each key once. Whoever builds an object sees to the last; the parser refuses the rest.
    case object([Member])

    /// One name and value of an object.
    public struct Member: Hashable, Sendable {
        public var key: String
        public var value: JSON

        public init(_ key: String, _ value: JSON) {
            self.key = key
            self.value = value
        }
    }

    /// The number `value`, in decimal digits.
    public static func integer(_ value: some BinaryInteger) -> JSON { .number(String(value)) }
}

/// What a value holds; nil where it is of another kind.
extension JSON {
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// Nil also for a number with a fraction or an exponent, or beyond the range of `Int64`.
    public var integer: Int64? {
        if case .number(let text) = self { Int64(text) } else { nil }
    }

    public var array: [JSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    public var object: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    public var isNull: Bool { self == .null }

    /// The value of an object's member; nil where there is none, or the value is no object.
    /// Looks at one member after another, as fits documents of a few dozen.
    public subscript(key: String) -> JSON? {
        object?.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }
}

extension JSON: Hashable {
    public static func == (a: JSON, b: JSON) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .number(let b)), (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        default: false
        }
    }

    // Strings that are equal byte by byte are equal to `String` too, so its own hash agrees with ==.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .number(let text), .string(let text): hasher.combine(text)
        case .array(let elements): hasher.combine(elements)
        case .object(let members): hasher.combine(members)
        }
    }
}

extension JSON.Member {
    public static func == (a: Self, b: Self) -> Bool {
        a.key.utf8.elementsEqual(b.key.utf8) && a.value == b.value
    }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Member($0, $1) })
    }
}
