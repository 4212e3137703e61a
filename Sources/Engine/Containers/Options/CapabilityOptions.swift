import Model
import Runtime

/// Which capabilities a container has beside or without the usual ones.
public struct CapabilityOptions: Sendable, Hashable {
    /// Names without `CAP_`, or `ALL`.
    public private(set) var added: [String] = []
    public private(set) var dropped: [String] = []

    public static let all = "ALL"

    init() {}

    /// - Parameters: names with or without `CAP_` in either case, or `ALL`.
    /// - Throws: where a name is unknown, or of a capability that this process does not have to give.
    public init(adding added: [String], dropping dropped: [String]) throws(RuntimeError) {
        self.added = try added.map { name throws(RuntimeError) in try Self.known(name) }
        self.dropped = try dropped.map { name throws(RuntimeError) in try Self.known(name) }
        try requireAvailable()
    }

    private static func known(_ name: String) throws(RuntimeError) -> String {
        if name.uppercased() == all { return all }
        return String(try CapabilitySet(named: name).names[0].dropFirst("CAP_".count))
    }

    private func requireAvailable() throws(RuntimeError) {
        let available = try CapabilitySet.available()
        for name in added where name != Self.all {
            guard try CapabilitySet(named: name).subtracting(available).bits != 0 else { continue }
            throw RuntimeError(
                .refused, "set capabilities", name, "varve does not have it itself",
                hint: "the kernel lacks it, or what varve runs in keeps it back")
        }
    }

    /// As Docker has it: to all but some, or to none but some, or to the usual ones, what is added after what is dropped.
    func set(isPrivileged: Bool) throws(RuntimeError) -> CapabilitySet {
        let available = try CapabilitySet.available()
        if isPrivileged { return available }
        let usual = CapabilitySet(bits: CapabilitySet.standard.bits & available.bits)
        if added.isEmpty, dropped.isEmpty { return usual }
        let without = try Self.union(dropped)
        if added.contains(Self.all) { return available.subtracting(without) }
        try requireAvailable()
        let with = try Self.union(added)
        return dropped.contains(Self.all) ? with : usual.subtracting(without).union(with)
    }

    private static func union(_ names: [String]) throws(RuntimeError) -> CapabilitySet {
        var set: CapabilitySet = []
        for name in names where name != all { set = set.union(try CapabilitySet(named: name)) }
        return set
    }

    var json: JSON {
        ["added": .array(added.map { .string($0) }), "dropped": .array(dropped.map { .string($0) })]
    }

    init?(json: JSON) {
        guard let added = json["added"]?.array, let dropped = json["dropped"]?.array else { return nil }
        self.added = added.compactMap(\.string)
        self.dropped = dropped.compactMap(\.string)
        guard self.added.count == added.count, self.dropped.count == dropped.count else { return nil }
    }
}
