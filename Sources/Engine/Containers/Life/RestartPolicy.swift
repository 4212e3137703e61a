import Model

extension Container {
    /// When it is started again as things stand.
    public func restartPolicy(in state: ContainerState) -> RestartPolicy {
        state.restart ?? configuration.lifecycle.restart
    }
}

/// When a container that has ended is started again without being asked for, with Docker's words.
public enum RestartPolicy: Sendable, Hashable, CustomStringConvertible {
    case no
    /// Where the exit code is not 0.
    /// - Parameter maximum: how often at most; 0 for no bound.
    case onFailure(maximum: Int64)
    case always
    /// As always, but after a boot only where nobody had stopped it.
    case unlessStopped

    /// Nil for what is no policy.
    public init?(parsing text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        switch (parts[0], parts.count) {
        case ("no", 1), ("", 1): self = .no
        case ("always", 1): self = .always
        case ("unless-stopped", 1): self = .unlessStopped
        case ("on-failure", 1): self = .onFailure(maximum: 0)
        case ("on-failure", 2):
            guard parts[1].allSatisfy({ ("0"..."9").contains($0) }), let maximum = Int64(parts[1]) else { return nil }
            self = .onFailure(maximum: maximum)
        default: return nil
        }
    }

    public var description: String {
        switch self {
        case .no: "no"
        case .onFailure(0): "on-failure"
        case .onFailure(let maximum): "on-failure:\(maximum)"
        case .always: "always"
        case .unlessStopped: "unless-stopped"
        }
    }

    /// Whether a run that nobody asked to end is followed by another.
    func restarts(after code: Int32, restarts: Int64) -> Bool {
        switch self {
        case .no: false
        case .onFailure(let maximum): code != 0 && (maximum == 0 || restarts < maximum)
        case .always, .unlessStopped: true
        }
    }

    /// Whether the container belongs to those that run after a boot.
    func startsAtBoot(isStopAsked: Bool) -> Bool {
        switch self {
        case .no, .onFailure: false
        case .always: true
        case .unlessStopped: !isStopAsked
        }
    }

    /// Milliseconds to wait before the next start: 100, doubled each time up to a minute, and 100 again after a run of
    /// ten seconds, as Docker has it.
    /// - Parameters:
    ///   - last: the wait before the run that has ended; 0 for none.
    ///   - seconds: how long that took.
    static func delay(after last: Int64, running seconds: Int64) -> Int64 {
        last == 0 || seconds >= 10 ? 100 : min(last * 2, 60_000)
    }
}
