import Model

/// One file of a tar archive.
public struct TarEntry: Hashable, Sendable {
    /// Where it belongs, normalised; the root for `.`.
    public var path: BytePath
    /// As the archive gives them. Of a hard link they are what the archive repeats of the file it links to, but for the
    /// size, which is 0.
    public var attributes: Attributes
    /// Of a symlink only: 1 to 4095 bytes without NUL.
    public var symlinkTarget: [UInt8]?
    /// Of a hard link only: the path of an entry that should have come before.
    public var hardLinkTarget: BytePath?

    public init(
        path: BytePath, attributes: Attributes, symlinkTarget: [UInt8]? = nil, hardLinkTarget: BytePath? = nil
    ) {
        self.path = path
        self.attributes = attributes
        self.symlinkTarget = symlinkTarget
        self.hardLinkTarget = hardLinkTarget
    }
}

/// Why something in an archive is refused: the reason alone, to which the reader adds the archive and the entry.
struct Refusal: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
