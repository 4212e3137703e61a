import Linux
import Model

/// Why a snapshot could not be read, captured or written out.
public enum SnapshotError: Error, CustomStringConvertible {
    /// A stored tree or record that varve would not have written.
    case corrupt(ObjectID, String)
    /// Something that a snapshot can't hold, at a path of the filesystem that was looked at.
    case unsupported(BytePath, String)
    /// An entry that does not fit what came before it.
    case conflict(BytePath, String)
    case system(SystemError)

    public var description: String {
        switch self {
        case .corrupt(let id, let reason): "read tree: \(id.short): \(reason)"
        case .unsupported(let path, let reason): "\(path): \(reason)"
        case .conflict(let path, let reason): "\(path): \(reason)"
        case .system(let error): error.description
        }
    }
}
