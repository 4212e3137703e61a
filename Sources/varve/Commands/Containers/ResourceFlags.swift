import ArgumentParser
import Engine

/// Docker's flags for what a container may use of the machine.
struct ResourceFlags: ParsableArguments {
    func apply(to configuration: inout ContainerConfiguration) throws {}
}
