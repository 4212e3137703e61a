import Linux
import Model
import Runtime

/// Whose user namespace a container's processes are in (user_namespaces(7)).
public struct UserNamespaceOptions: Sendable, Hashable {
    public enum Choice: Sendable, Hashable {
        case host
        /// One of its own, in which everybody has the number that they have outside.
        case sameIDs
        /// One of its own, in which ids 0 to `size - 1` are somebody's outside whom no other container has.
        case automatic(size: UInt32)
        /// One of its own, mapped so.
        case mapped([IDRange])
    }

    public private(set) var choice: Choice
    /// Who is who, the same for users and groups; empty in the host's namespace, and before ``settle(besides:)``.
    private(set) var ranges: [IDRange] = []

    public init(_ choice: Choice = .host) { self.choice = choice }

    /// How many ids an automatic range has where nobody says: as many as 16 bits can tell apart.
    public static let usualSize: UInt32 = 65536

    /// Chooses the ids, when the container is made; they stay the same all its life.
    /// - Parameter taken: those of other containers.
    mutating func settle(besides taken: () throws -> [IDRange]) throws {
        switch choice {
        case .host: ranges = []
        case .sameIDs: ranges = [IDRange(container: 0, host: 0, size: .max)]
        case .mapped(let given): ranges = given
        case .automatic(let size): ranges = [try IDPool.current().range(of: size, besides: try taken())]
        }
    }

    /// Who is who, where somebody is not the same inside and outside; else empty.
    var shifts: [IDRange] { ranges.contains { $0.container != $0.host } ? ranges : [] }

    /// The namespace that the container's files belong to, nil where that shows them as they are.
    func owners() throws -> UserNamespace? {
        shifts.isEmpty ? nil : try UserNamespace(users: shifts, groups: shifts)
    }

    func apply(to specification: inout Specification) throws {
        if ranges.isEmpty { return }
        guard specification.linux.namespaces.contains(.network) || specification.linux.joinedNamespaces[.network] != nil
        else {
            throw EngineError.refused(
                "make user namespace", subject: "--network host",
                reason: "a user namespace has no rights over the host's network")
        }
        specification.linux.namespaces.insert(.user)
        specification.linux.uidMappings = ranges
        specification.linux.gidMappings = ranges
    }

    /// Shows what is mounted of the host as belonging to the same numbers inside: on the disk, too, root is 0.
    func map(_ mounts: inout [Specification.Mount]) {
        if shifts.isEmpty { return }
        for index in mounts.indices where mounts[index].type == "bind" {
            (mounts[index].uidMappings, mounts[index].gidMappings) = (ranges, ranges)
        }
    }

    var json: JSON {
        let kind: JSON =
            switch choice {
            case .host: "host"
            case .sameIDs: "keep-id"
            case .automatic(let size): ["size": .integer(size)]
            case .mapped: "mapped"
            }
        return [
            "choice": kind,
            "ranges": .array(
                ranges.map {
                    ["container": .integer($0.container), "host": .integer($0.host), "size": .integer($0.size)]
                }),
        ]
    }

    init?(json: JSON) {
        guard let kind = json["choice"], let list = json["ranges"]?.array else { return nil }
        ranges = list.compactMap(IDRange.init(json:))
        guard ranges.count == list.count else { return nil }
        switch kind.string {
        case "host": choice = .host
        case "keep-id": choice = .sameIDs
        case "mapped": choice = .mapped(ranges)
        default:
            guard let size = kind["size"]?.integer.flatMap({ UInt32(exactly: $0) }) else { return nil }
            choice = .automatic(size: size)
        }
    }
}

extension IDRange {
    fileprivate init?(json: JSON) {
        let values = ["container", "host", "size"].map { json[$0]?.integer.flatMap { UInt32(exactly: $0) } }
        guard let container = values[0], let host = values[1], let size = values[2] else { return nil }
        self.init(container: container, host: host, size: size)
    }
}
