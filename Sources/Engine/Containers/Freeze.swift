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
        let group: ControlGroup
        do {
            group = try ControlGroup.open(Self.controlGroupPath(of: container.id))
            try group.freeze()
        } catch let error as SystemError {
            throw EngineError.refused(
                "freeze", subject: container.name, reason: "\(error); --no-pause captures it while it runs")
        }
        let outcome = Swift.Result { try body() }
        try group.thaw()
        return try outcome.get()
    }
}
