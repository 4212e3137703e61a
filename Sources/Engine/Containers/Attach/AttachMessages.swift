/// What an attached client wants (docs/containers.md, "Attaching").
public struct AttachWishes: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let output = AttachWishes(rawValue: 1)
    public static let errors = AttachWishes(rawValue: 2)
    public static let input = AttachWishes(rawValue: 4)
}

/// Messages between a client and a container's supervisor: a letter, and what belongs to it.
enum AttachMessage {
    /// Bytes of input or output that a message has at most.
    static let portion = 16384

    enum FromClient {
        case hello(AttachWishes)
        /// At most ``portion`` bytes, and none before the last were taken.
        case input(ArraySlice<UInt8>)
        case endInput
        case resize(rows: UInt16, columns: UInt16)
        case signal(Int32)

        var bytes: [UInt8] {
            switch self {
            case .hello(let wishes): [UInt8(ascii: "H"), wishes.rawValue]
            case .input(let text): [UInt8(ascii: "I")] + text
            case .endInput: [UInt8(ascii: "C")]
            case .resize(let rows, let columns):
                [UInt8(ascii: "R")] + [rows, columns].flatMap { number in withUnsafeBytes(of: number) { Array($0) } }
            case .signal(let number): [UInt8(ascii: "K"), UInt8(truncatingIfNeeded: number)]
            }
        }
    }

    enum FromSupervisor {
        case output(ArraySlice<UInt8>)
        case errors(ArraySlice<UInt8>)
        /// More input can be sent.
        case taken
        /// The container's command has ended; that is not on record yet before the connection closes.
        case exit(Int32)
        /// There is no room for this client. The connection closes.
        case refused

        /// Nil for what is no message.
        init?(_ bytes: [UInt8]) {
            let content = bytes.dropFirst()
            switch bytes.first {
            case UInt8(ascii: "O"): self = .output(content)
            case UInt8(ascii: "E"): self = .errors(content)
            case UInt8(ascii: "A"): self = .taken
            case UInt8(ascii: "X"):
                guard let code = Int32(String(decoding: content, as: UTF8.self)) else { return nil }
                self = .exit(code)
            case UInt8(ascii: "F"): self = .refused
            default: return nil
            }
        }
    }
}
