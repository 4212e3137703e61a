import Linux
import Runtime

/// The pipes between a container that runs on its own and its supervisor; none where it has a terminal.
final class SupervisedStreams {
    private let pipes: [Ends?]

    private final class Ends {
        let pipe: PipeEnds
        init(_ pipe: consuming PipeEnds) { self.pipe = pipe }
    }

    init(_ configuration: ContainerConfiguration) throws {
        guard !configuration.hasTerminal else {
            pipes = [nil, nil, nil]
            return
        }
        pipes = [
            configuration.isInteractive ? Ends(try PipeEnds()) : nil, Ends(try PipeEnds()), Ends(try PipeEnds()),
        ]
    }

    /// What the container gets.
    var inner: StandardStreams {
        StandardStreams(
            input: pipes[0]?.pipe.reading.raw, output: pipes[1]?.pipe.writing.raw, errors: pipes[2]?.pipe.writing.raw)
    }

    /// Whoever opens a stream by name, as `/dev/stdout`, needs to own it.
    func give(to owner: UInt32) throws(SystemError) {
        for ends in pipes { try ends?.pipe.setOwner(owner) }
    }

    /// The supervisor's descriptors for the container's input, output, errors and inner side of the terminal.
    func outer(_ terminal: (outer: Int32, inner: Int32)?) -> [Int32] {
        if let terminal { return [terminal.outer, terminal.outer, -1, terminal.inner] }
        return [
            pipes[0]?.pipe.writing.raw ?? -1, pipes[1]?.pipe.reading.raw ?? -1, pipes[2]?.pipe.reading.raw ?? -1, -1,
        ]
    }
}
