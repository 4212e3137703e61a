import ArgumentParser
import Engine

/// Docker's flags for what becomes of a container.
struct LifecycleFlags: ParsableArguments {
    func apply(to configuration: inout ContainerConfiguration) throws {}
}
