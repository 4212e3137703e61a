import Engine
import Model
import ObjectStore

/// Which containers `ps --filter` asks for.
struct PsSelection {
    private static let keys = [
        "name", "id", "status", "label", "exited", "ancestor", "volume", "network", "before", "since", "health",
    ]
    /// Docker's word for that of a container without a check.
    private static let noHealth = "none"
    private let filters: Filters
    private let repository: Repository
    private let names: [Regex<AnyRegexOutput>]
    private let ancestors: [ObjectID]
    private let exitCodes: [Int32]
    private let before: [Container]
    private let since: [Container]

    init(_ texts: [String], in repository: Repository) throws {
        self.repository = repository
        let filters = try Filters(texts, keys: Self.keys, command: "ps")
        self.filters = filters
        for word in filters["status"] where !ContainerForm.statusWords.contains(word) {
            throw UsageError(
                "ps: --filter status=\(word): there is no such status",
                hints: ["it takes \(ContainerForm.statusWords.joined(separator: ", "))"])
        }
        for word in filters["health"] where word != Self.noHealth && Health.Status(rawValue: word) == nil {
            throw UsageError(
                "ps: --filter health=\(word): there is no such health",
                hints: ["it takes starting, healthy, unhealthy or none"])
        }
        names = try filters["name"].map { text in
            guard let pattern = try? Regex(text) else {
                throw UsageError("ps: --filter name=\(text): it takes a regular expression, as in ^web")
            }
            return pattern
        }
        exitCodes = try filters["exited"].map { text in
            guard let code = Int32(text) else {
                throw UsageError("ps: --filter exited=\(text): it takes an exit code")
            }
            return code
        }
        ancestors = try filters["ancestor"].map { try repository.resolve($0) }
        before = try filters["before"].map { try repository.container($0) }
        since = try filters["since"].map { try repository.container($0) }
    }

    /// Whether it is asked for by what is not running too.
    var namesStatus: Bool { !filters["status"].isEmpty || !exitCodes.isEmpty }

    func admits(_ row: PsRow) throws -> Bool {
        let (container, configuration) = (row.container, row.container.configuration)
        guard try descends(row.state) else { return false }
        // Also those that one which does not run will be on.
        let networks = filters["network"].isEmpty ? [] : try repository.endpoints(of: container).map(\.network)
        return (names.isEmpty || names.contains { container.name.contains($0) || "/\(container.name)".contains($0) })
            && filters.admits("id") { container.id.hasPrefix($0) }
            && filters.admits("status") { $0 == ContainerForm.word(for: row.state, isPaused: row.isPaused) }
            && filters.admits("health") { $0 == row.health?.status.rawValue ?? Self.noHealth }
            && filters.admits(labels: configuration.process.labels)
            && filters.admits("volume") { isMounted($0, configuration.storage) }
            && filters.admits("network", where: networks.contains)
            && before.allSatisfy { container.created < $0.created }
            && since.allSatisfy { container.created > $0.created }
            && hasExited(row.state)
    }

    private func descends(_ state: ContainerState) throws -> Bool {
        if ancestors.isEmpty { return true }
        return try ancestors.contains { try repository.descends(state, from: $0) }
    }

    private func hasExited(_ state: ContainerState) -> Bool {
        if exitCodes.isEmpty { return true }
        if case .exited(let code) = state.status { return exitCodes.contains(code) }
        return false
    }

    private func isMounted(_ text: String, _ storage: StorageOptions) -> Bool {
        storage.mounts.contains { mount in
            switch mount.source {
            case .volume(text), .path(text): true
            default: mount.destination.text == text
            }
        }
    }
}
