import Model

/// One difference between two snapshots.
public struct Change: Sendable, Equatable {
    public enum Kind: Sendable, Hashable {
        case added, modified, deleted
        /// The file is of another kind now: a directory became a symlink, say.
        case typeChanged
        case renamed(from: BytePath)
    }

    /// What of a file changed.
    public struct Aspects: OptionSet, Sendable, Hashable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Body, symlink target, or device number.
        public static let content = Aspects(rawValue: 1)
        public static let mode = Aspects(rawValue: 2)
        public static let owner = Aspects(rawValue: 4)
        public static let xattr = Aspects(rawValue: 8)
        public static let times = Aspects(rawValue: 16)
        /// Which names are hard links of each other, and which ranges are holes.
        public static let layout = Aspects(rawValue: 32)

        /// In the order in which they are shown.
        public static let names: [(Aspects, String)] = [
            (.content, "content"), (.mode, "mode"), (.owner, "owner"), (.xattr, "xattr"), (.times, "times"),
            (.layout, "layout"),
        ]

        public var list: [String] { Self.names.filter { contains($0.0) }.map(\.1) }
    }

    public var path: BytePath
    public var kind: Kind
    /// Empty for what was added or deleted.
    public var aspects: Aspects
    public var old: Node?
    public var new: Node?

    public init(path: BytePath, kind: Kind, aspects: Aspects = [], old: Node? = nil, new: Node? = nil) {
        self.path = path
        self.kind = kind
        self.aspects = aspects
        self.old = old
        self.new = new
    }

    /// Whether only modification times differ: what `touch` does, and every change inside a directory does to it.
    public var isTimesOnly: Bool { kind == .modified && aspects == .times }

    /// As git writes it: A, M, D, T or R.
    public var letter: Character {
        switch kind {
        case .added: "A"
        case .modified: "M"
        case .deleted: "D"
        case .typeChanged: "T"
        case .renamed: "R"
        }
    }
}

extension Attributes {
    /// What differs from `other`, a file of the same kind, apart from the body.
    func aspects(against other: Attributes) -> Change.Aspects {
        var aspects: Change.Aspects = []
        if permissions != other.permissions { aspects.insert(.mode) }
        if (uid, gid) != (other.uid, other.gid) { aspects.insert(.owner) }
        if xattrs != other.xattrs { aspects.insert(.xattr) }
        if modified != other.modified { aspects.insert(.times) }
        if device != other.device { aspects.insert(.content) }
        let isLinked = linkGroup != nil
        if holes != other.holes || isLinked != (other.linkGroup != nil) { aspects.insert(.layout) }
        // A group's name comes from what the file is too, so it tells something only where nothing else does.
        if aspects.isEmpty, size == other.size, linkGroup != other.linkGroup { aspects.insert(.layout) }
        return aspects
    }
}
