import Glibc
import Linux

/// Where everything goes that is said to a person.
enum StandardError {
    static func write(_ text: String) { put(Array(text.utf8), to: STDERR_FILENO) }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Where archives come from, where no file is named.
enum StandardInput {
    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// A file for reading, or standard input.
    /// - Parameter source: a path, or `-`.
    static func open(_ source: String) throws -> Descriptor {
        if source == "-" { return try Descriptor(owning: STDIN_FILENO).duplicate() }
        return try Files.open(KernelPath(source), flags: O_RDONLY)
    }

    static func displayed(_ source: String) -> String { source == "-" ? "standard input" : source }
}

/// Where results go.
enum StandardOutput {
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

/// Writes all bytes.
/// - Returns: false where nobody reads any more, or the disk is full.
@discardableResult
func put(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { put($0, to: descriptor) }
}

@discardableResult
func put(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0 {
            if errno == EINTR { continue }
            return false
        }
        rest = rest.dropFirst(count)
    }
    return true
}
