/// Where bytes come from, piece by piece. Used by one thread at a time.
public protocol ByteSource: AnyObject {
    /// The next bytes, valid until the next call; none at the end, and again after it.
    func next() throws(ImagesError) -> UnsafeRawBufferPointer
}
