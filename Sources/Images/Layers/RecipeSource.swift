import Linux
import Model

/// A layer's tar file, rebuilt from its recipe and the bodies. At its end it has been compared with the recipe's
/// digest: bytes that differ give an error in place of the end.
public final class RecipeSource: ByteSource {
    private let name: String
    private var recipe: RecipeReader
    private let open: (BodyRange) throws(ImagesError) -> BodyContent
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    private var hash = ContentHash()
    private var operation: RecipeOperation?
    /// Bytes of the operation that have been given out.
    private var done: UInt64 = 0
    private var content: BodyContent?
    /// Whose it is.
    private var contentOwner: BodyRange?

    /// - Parameters:
    ///   - name: what messages call the layer.
    ///   - body: gives a body; the range is the first that is wanted of it.
    public init(
        _ recipe: RecipeReader, named name: String, body: @escaping (BodyRange) throws(ImagesError) -> BodyContent
    ) {
        self.name = name
        self.recipe = recipe
        open = body
    }

    deinit { buffer.deallocate() }

    /// The SHA-256 of the tar file and its length, when all has been read.
    public var end: (diffID: Digest, size: UInt64)? { recipe.end }

    public func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        var count = 0
        while count < buffer.count, recipe.end == nil {
            if operation == nil {
                operation = try recipe.next()
                done = 0
            }
            guard let operation else { break }
            let part = try fill(UnsafeMutableRawBufferPointer(rebasing: buffer[count...]), from: operation)
            done += UInt64(part)
            count += part
            if done == operation.count { self.operation = nil }
        }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        hash.update(bytes)
        if count < buffer.count, let end = recipe.end, hash.digest != end.diffID {
            throw refused("what it gives is \(hash.digest), and should be \(end.diffID)")
        }
        return bytes
    }

    private func fill(
        _ target: UnsafeMutableRawBufferPointer, from operation: RecipeOperation
    ) throws(ImagesError) -> Int {
        let part = UnsafeMutableRawBufferPointer(
            rebasing: target[..<Int(min(UInt64(target.count), operation.count - done))])
        switch operation {
        case .bytes(let bytes): part.copyBytes(from: bytes[Int(done)...].prefix(part.count))
        case .zeros: part.initializeMemory(as: UInt8.self, repeating: 0)
        case .body(let body): return try read(body, at: body.range.lowerBound + done, into: part)
        }
        return part.count
    }

    private func read(
        _ body: BodyRange, at offset: UInt64, into target: UnsafeMutableRawBufferPointer
    ) throws(ImagesError) -> Int {
        if contentOwner?.id != body.id || contentOwner?.hasHoles != body.hasHoles {
            contentOwner = nil
            content = try open(body)
            contentOwner = body
        }
        let count: Int
        do throws(SystemError) { count = try content?.read(into: target, at: offset) ?? 0 } catch {
            throw refused("read body \(body.id): \(error.errno)")
        }
        if count == 0 { throw refused("body \(body.id) has fewer bytes than \(body.size)") }
        return count
    }

    private func refused(_ reason: String) -> ImagesError { ImagesError("rebuild layer", name, reason) }
}

extension RecipeOperation {
    /// Bytes of the tar file.
    fileprivate var count: UInt64 {
        switch self {
        case .bytes(let bytes): UInt64(bytes.count)
        case .zeros(let count): count
        case .body(let body): body.range.upperBound - body.range.lowerBound
        }
    }
}
