import Linux
import Model
import Runtime

/// What goes with a container's processes: groups, limits (setrlimit(2)), kernel parameters, labels.
public struct ProcessOptions: Sendable, Hashable {
    public var limits: [Specification.Limit] = []
    /// Kernel parameters of the container's own namespaces, in the order of setting.
    public var sysctl: [Specification.Annotation] = []
    /// The container's own and its image's, sorted by name. Without those of the image before the container is made.
    public var labels: [Label] = []
    /// Names or gids, beside the groups that list the user.
    public var groups: [String] = []
    /// What the image has to be for, as it was asked for; nil for whatever it is for.
    public var platform: String?

    public init() {}

    var json: JSON {
        [
            "limits": .array(limits.map(\.json)),
            "sysctl": .object(sysctl.map { .init($0.key, .string($0.value)) }),
            "labels": labels.json, "groups": .array(groups.map { .string($0) }),
            "platform": platform.map { .string($0) } ?? .null,
        ]
    }

    init?(json: JSON) {
        guard let limits = json["limits"]?.array, let sysctl = json["sysctl"]?.object,
            let labels = json["labels"].flatMap([Label].init(json:)), let groups = json["groups"]?.array
        else { return nil }
        self.labels = labels
        self.limits = limits.compactMap(Specification.Limit.init(json:))
        self.sysctl = sysctl.compactMap { member in member.value.string.map { .init(key: member.key, value: $0) } }
        self.groups = groups.compactMap(\.string)
        platform = json["platform"]?.string
        guard self.limits.count == limits.count, self.sysctl.count == sysctl.count, self.groups.count == groups.count
        else { return nil }
    }

    /// Makes the start that `specification` describes go by these options.
    /// - Parameter root: the container's root filesystem, whose `/etc/group` knows the groups' names.
    func apply(to specification: inout Specification, in root: DirectoryReference) throws {
        specification.process.limits += limits
        specification.linux.sysctl += sysctl
        let user = specification.process.user
        for group in try groups.map({ try UserLookup.group($0, in: root) })
        where group != user.gid && !specification.process.user.additionalGroups.contains(group) {
            specification.process.user.additionalGroups.append(group)
        }
    }
}

extension Specification.Limit {
    /// `name=soft[:hard]` with the names of setrlimit(2) in lower case and without `RLIMIT_`, as docker takes them; -1
    /// or `unlimited` for none.
    public init?(parsing text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let resource = Specification.Resource(shortName: parts[0]) else { return nil }
        let values = parts[1].split(separator: ":", omittingEmptySubsequences: false).map { Self.value(String($0)) }
        guard (1...2).contains(values.count), let soft = values[0], let hard = values[values.count - 1], soft <= hard
        else { return nil }
        self.init(resource, soft: soft, hard: hard)
    }

    private static func value(_ text: String) -> UInt64? {
        text == "-1" || text == "unlimited" ? UInt64.max : UInt64(text)
    }

    fileprivate var json: JSON {
        func value(_ limit: UInt64) -> JSON { .string(limit == .max ? "unlimited" : "\(limit)") }
        return ["name": .string(resource.shortName), "soft": value(soft), "hard": value(hard)]
    }

    fileprivate init?(json: JSON) {
        guard let resource = json["name"]?.string.flatMap(Specification.Resource.init(shortName:)),
            let soft = json["soft"]?.string.flatMap(Self.value), let hard = json["hard"]?.string.flatMap(Self.value)
        else { return nil }
        self.init(resource, soft: soft, hard: hard)
    }
}

extension Specification.Resource {
    /// `nofile` of `RLIMIT_NOFILE`.
    public var shortName: String { rawValue.dropFirst("RLIMIT_".count).lowercased() }

    init?(shortName: String) {
        guard let resource = Self.allCases.first(where: { $0.shortName == shortName }) else { return nil }
        self = resource
    }
}
