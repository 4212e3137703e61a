import Linux
import Model

extension Repository {
    /// The container's control group, below the version 2 hierarchy.
    static func controlGroupPath(of id: String) -> BytePath { BytePath(["varve", ByteName(id)]) }

    /// Runs `body` while the container's processes stand still, and lets them go on whatever happens.
    func withFrozen<Result>(
        _ container: Container, _ state: ContainerState, if isWanted: Bool, _ body: () throws -> Result
    ) throws -> Result {
        guard isWanted, case .running = state.status else { return try body() }
        let group = try Self.frozenGroup(of: container)
        let outcome = Swift.Result { try body() }
        try group.thaw()
        return try outcome.get()
    }

    private static func frozenGroup(of container: Container) throws -> ControlGroup {
        do throws(SystemError) {
            let group = try ControlGroup.open(controlGroupPath(of: container.id))
            try group.freeze()
            return group
        } catch {
            throw EngineError.refused(
                "freeze", subject: container.name, reason: "\(error); --no-pause captures it while it runs")
        }
    }
}
