import Model
import Linux
public enum ObjectKind { case commit, tree, blob }
public protocol ObjectSource: AnyObject { func read(_ id: ObjectID, as kind: ObjectKind) throws -> [UInt8] }
public protocol ObjectSink: AnyObject {
    func add(_ kind: ObjectKind, _ bytes: [UInt8]) throws -> ObjectID
    func addBody(from file: borrowing Descriptor, size: UInt64, holes: [Range<UInt64>]) throws -> ObjectID
    func addBody(size: UInt64, holes: [Range<UInt64>], read: (UnsafeMutableRawBufferPointer) throws -> Int) throws -> ObjectID
}
public struct StoreError: Error { public var isBodyChanged: Bool { false } }
extension ObjectID { public static func hash(_ kind: ObjectKind, _ bytes: [UInt8]) -> ObjectID { .emptyBlob } }
public struct TreeEntry { public enum Mode { case directory, regular, executable, symlink }
  public var mode: Mode, name: ByteName, id: ObjectID
  public init(mode: Mode, name: ByteName, id: ObjectID) { self.mode = mode; self.name = name; self.id = id } }
public enum Tree { public static func decode(_ b: [UInt8]) throws -> [TreeEntry] { [] } ; public static func encode(_ e: [TreeEntry]) -> [UInt8] { [] } }
public enum Body: ~Copyable { case inline([UInt8]), file(Descriptor) }
public final class ObjectStore: ObjectSource { public func read(_ id: ObjectID, as kind: ObjectKind) throws -> [UInt8] { [] }
 public func body(_ id: ObjectID, size: UInt64, holes: [Range<UInt64>]) throws -> Body { .inline([]) } }
public final class TextSignature { public init?(of bytes: [UInt8]) throws { return nil }; public func similarity(to: TextSignature) throws -> Int { 0 } }
