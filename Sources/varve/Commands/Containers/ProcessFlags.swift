import ArgumentParser
import Engine

/// Docker's flags for what goes with a container's processes.
struct ProcessFlags: ParsableArguments {
    func apply(to configuration: inout ContainerConfiguration) throws {}
}
