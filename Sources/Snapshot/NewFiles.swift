import Model

/// How closely a look at a container is a look at its new files. Most have no part in any rename, and need none: asking 2,800
/// files for all their attributes takes as long as all else.
public enum NewFiles: Sendable, Equatable {
    /// At all that there is to see.
    case seen
    /// By their names and kinds alone.
    case listed
    /// As ``seen`` at those of these sizes; of the others only the size is told.
    case sized(Set<UInt64>)

    /// How to look again, so that all renames are found that there are; nil where `changes`, which such a look gave, tell
    /// them.
    public func closer(for changes: [Change]) -> NewFiles? {
        let old = Renames.candidates(changes, .deleted)
        if old.isEmpty { return nil }
        switch self {
        case .seen: return nil
        case .listed:
            let new = changes.count { $0.kind == .added && $0.new?.isDirectory == false }
            // Equal contents pair off as many on either side. Where then still too many are left, likeness is not asked for.
            return new - old.count > Renames.similarityLimit ? .sized(Set(old.map(\.attributes.size))) : .seen
        case .sized:
            let new = Renames.candidates(changes, .added)
            return Renames.mayBeAlike(old, new) && new.contains { $0.body == .unseen } ? .seen : nil
        }
    }
}
