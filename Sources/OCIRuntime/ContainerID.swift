import Model

/// The name that a caller gives a container: 1 to 255 of the ASCII letters, digits, `_`, `+`, `-` and `.`, and neither `.`
/// nor `..`. It is the name of the container's directory.
public struct ContainerID: Hashable, Sendable {
    public let text: String

    public init(_ text: String) throws(OCIError) {
        guard !text.isEmpty else { throw OCIError(.refused, "read container id", "''", "container id cannot be empty") }
        guard ContainerID.isValid(text) else {
            let shown = Escaping.displayed(Array(text.utf8))
            throw OCIError(.refused, "read container id", shown, "invalid container ID format")
        }
        self.text = text
    }

    static func isValid(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && text != "." && text != ".." && text.utf8.allSatisfy(isAllowed)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "_+-.".utf8.contains(byte)
        }
    }
}
