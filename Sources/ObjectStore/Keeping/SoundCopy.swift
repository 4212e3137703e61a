import Linux
import Model

/// A pack's bytes.
final class PackFile {
    private let bytes: UnsafeRawBufferPointer

    init(_ name: String, in directory: borrowing Descriptor) throws(StoreError) {
        let reference = directory.reference
        bytes = try attempt("read pack", name) { () throws(SystemError) in
            try mapFile(KernelPath("\(name).pack"), in: reference)
        }
    }

    deinit { unmap(bytes) }

    /// Whether an entry's bytes are what the index says.
    func isSound(_ entry: PackLayout.Entry) -> Bool { crc(self[entry]) == entry.crc }

    /// Empty where the file is shorter than it was when the layout was read.
    subscript(_ entry: PackLayout.Entry) -> UnsafeRawBufferPointer {
        guard entry.range.upperBound <= bytes.count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: bytes[Int(entry.range.lowerBound)..<Int(entry.range.upperBound)])
    }
}

extension GitRepository {
    /// A copy of an object, in any pack, that is what its id says and no delta; nil where there is none.
    func soundCopy(_ id: ObjectID) throws(StoreError) -> (kind: ObjectKind, bytes: [UInt8])? {
        let packs = "\(path)/objects/pack"
        let directory = try attempt("open packs", packs) { () throws(SystemError) in
            try Files.openDirectory(KernelPath(packs))
        }
        for name in try PackListing(directory).names {
            // A damaged pack is no place to look in, nor one that was put together with others just now.
            guard let layout = try? PackLayout(name, in: directory),
                let entry = layout.entries.first(where: { $0.id == id }), let file = try? PackFile(name, in: directory)
            else { continue }
            guard let object = unpacked(Array(file[entry])[...]), ObjectHash.id(of: object.kind, object.bytes) == id
            else {
                continue
            }
            return object
        }
        return nil
    }
}
