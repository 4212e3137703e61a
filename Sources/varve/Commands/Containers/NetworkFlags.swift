import ArgumentParser
import Engine

/// Docker's flags for how a container is connected.
struct NetworkFlags: ParsableArguments {
    func apply(to configuration: inout ContainerConfiguration) throws {}
}
