import CGit2

/// What a text is made of, in a form in which two texts can be compared for likeness without a line-by-line diff.
public final class TextSignature {
    private let handle: OpaquePointer

    /// Nil for a text too short or too uniform to tell.
    public init?(of bytes: [UInt8]) throws(StoreError) {
        try GitRepository.start()
        var made: OpaquePointer?
        let code = bytes.withUnsafeBytes { buffer in
            git_hashsig_create(
                &made, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, GIT_HASHSIG_NORMAL)
        }
        if code == GIT_EBUFS.rawValue { return nil }
        try git("compare texts", "") { code }
        guard let made else { return nil }
        handle = made
    }

    deinit { git_hashsig_free(handle) }

    /// Per cent of likeness: 0 for nothing in common, 100 for the same lines.
    public func similarity(to other: TextSignature) throws(StoreError) -> Int {
        Int(try git("compare texts", "") { git_hashsig_compare(handle, other.handle) })
    }
}
