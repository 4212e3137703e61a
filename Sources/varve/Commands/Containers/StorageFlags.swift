import ArgumentParser
import Engine

/// Docker's flags for what is mounted in a container.
struct StorageFlags: ParsableArguments {
    func apply(to configuration: inout ContainerConfiguration) throws {}
}
