import Model
import ObjectStore

/// What people call commits: `debian:12~3`, by the tag from which the fewest steps lead there.
struct CommitNames {
    private var names: [ObjectID: (tag: TagName, steps: Int)] = [:]

    /// - Parameters:
    ///   - parent: a commit's first parent; nil where there is none, or it can't be told.
    init(_ tags: [TagPosition], parent: (ObjectID) -> ObjectID?) {
        for tag in tags {
            var next: ObjectID? = tag.commit
            var steps = 0
            while let id = next, steps < names[id]?.steps ?? .max {
                names[id] = (tag.name, steps)
                next = parent(id)
                steps += 1
            }
        }
    }

    /// The id itself where no tag leads to it.
    func name(of id: ObjectID) -> String {
        guard let (tag, steps) = names[id] else { return id.short }
        return steps == 0 ? "\(tag)" : "\(tag)~\(steps)"
    }

    /// Those that tags lead to come first: by the steps, then the tag; then the others by id.
    func precedes(_ a: ObjectID, _ b: ObjectID) -> Bool {
        switch (names[a], names[b]) {
        case (let a?, let b?): (a.steps, a.tag) < (b.steps, b.tag)
        case (_?, nil): true
        case (nil, _?): false
        case (nil, nil): a < b
        }
    }
}
