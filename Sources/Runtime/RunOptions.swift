import Linux
import Model

/// What a run is told beside the specification.
public struct RunOptions {
    public var streams: StandardStreams
    /// Whether a working directory that does not exist is made.
    public var makesWorkingDirectory: Bool
    /// Where compiled filters of system calls are kept; nil to compile each time.
    public var seccompCache: SeccompCache?
    /// A FIFO that is open for reading and writing, borrowed. With it ``Runtime/run(_:rootfs:options:)`` returns when everything
    /// is set up and the program can be executed; the process, a small program of ours, executes it once it has read one byte
    /// from there. Where that fails although it looked as if it could, the process ends with 126 or 127.
    public var gate: Int32?
    /// The directory that relative sources of bind mounts start from; nil refuses them.
    public var bundle: ByteName?
    /// What hooks read on standard input, of the container with this pid. Needed where there are hooks.
    public var hookState: ((Int32) throws -> [UInt8])?
    /// Whether the host's root is really left (pivot_root(2)) and not only hidden (chroot(2)), which a host that runs from its
    /// kernel's first memory can't do.
    public var pivots = true
    /// Whether the caller's session keyring comes along, with all that is in it (keyrings(7)).
    public var keepsKeyring = false
    /// Called with the process's pid when all namespaces and mounts are there and the root is not yet entered. What it throws
    /// ends the start.
    public var prepared: ((Int32) throws -> Void)?
    /// Told of each control group before it is made or used, where others may have groups at `linux.cgroupsPath` too. With it
    /// only those that are made are removed; else all that are at that path are the container's.
    public var groupClaimed: ((ClaimedGroup) throws(SystemError) -> Void)?
    /// Whether the container is killed when the calling *thread* ends.
    public var isTiedToCaller = true
    /// Whether the first process is a small one of ours, which gives signals on to the program and waits for what processes
    /// leave.
    public var hasInit = false
    /// What becomes 3, 4 and so on in the container, in this order, borrowed.
    public var passedDescriptors: [Int32] = []

    public init(streams: StandardStreams = StandardStreams(), makesWorkingDirectory: Bool = false) {
        self.streams = streams
        self.makesWorkingDirectory = makesWorkingDirectory
    }
}
