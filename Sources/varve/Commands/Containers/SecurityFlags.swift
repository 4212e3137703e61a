import ArgumentParser
import Engine

/// Docker's flags for what a container's processes may do.
struct SecurityFlags: ParsableArguments {
    func apply(to configuration: inout ContainerConfiguration) throws {}
}
