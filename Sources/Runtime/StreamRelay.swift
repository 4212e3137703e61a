import Glibc
import Linux

/// Copies one way between a terminal of the caller and the pipe that a container has in its place.
struct StreamRelay {
    /// Whether the container is the one that writes.
    let isOutput: Bool
    /// Both nil once either end is gone.
    private var source: SharedDescriptor?
    private var target: SharedDescriptor?
    /// Read, and not yet taken by the target.
    private var pending: [UInt8] = []

    /// What a pipe that polls as writable takes at once (pipe(7), PIPE_BUF).
    private static let portion = 4096

    /// - Parameter isOutput: whether the container is the one that writes.
    init(from source: SharedDescriptor, to target: SharedDescriptor, isOutput: Bool) {
        self.source = source
        self.target = target
        self.isOutput = isOutput
    }

    /// What to wait for: something to read, and a place to write it. A target with nothing to take is still asked
    /// whether it is there.
    var requests: [pollfd] {
        let (reads, writes) = pending.isEmpty ? (POLLIN, 0) : (0, POLLOUT)
        return [
            pollfd(fd: pending.isEmpty ? source?.descriptor.raw ?? -1 : -1, events: Int16(reads), revents: 0),
            pollfd(fd: target?.descriptor.raw ?? -1, events: Int16(writes), revents: 0),
        ]
    }

    /// Moves what the two answered requests allow.
    mutating func copy(_ answers: ArraySlice<pollfd>) throws(SystemError) {
        let answers = answers.map(\.revents)
        if answers[1] & Int16(POLLOUT) != 0 { return try write() }
        // Nobody will take any more: whoever writes to the source is to be told so too.
        if answers[1] != 0 { return close() }
        if answers[0] != 0 { try read() }
    }

    /// Moves all that can be read without waiting for more, unless a signal comes first.
    mutating func drain(untilSignal signals: Int32) throws(SystemError) {
        while source != nil {
            while let target, !pending.isEmpty {
                guard try waitForRoom(on: target.descriptor.raw, orSignal: signals) else { return }
                try write()
            }
            guard source != nil, try read() else { return }
        }
    }

    /// Whether there was something to read.
    @discardableResult
    private mutating func read() throws(SystemError) -> Bool {
        guard let source else { return false }
        var buffer = [UInt8](repeating: 0, count: StreamRelay.portion)
        let raw = source.descriptor.raw
        do throws(SystemError) {
            let count = try system("read", "standard stream") { Glibc.read(raw, &buffer, buffer.count) }
            if count == 0 { close() }
            pending = Array(buffer[..<count])
            return count > 0
        } catch {
            if error.errno == .wouldBlock { return false }
            // A terminal that hung up has nothing more to say, as one that ended.
            guard error.errno == StreamRelay.hungUp else { throw error }
            close()
            return false
        }
    }

    private mutating func write() throws(SystemError) {
        guard let target else { return }
        let raw = target.descriptor.raw
        do throws(SystemError) {
            let count = try system("write", "standard stream") { Glibc.write(raw, pending, pending.count) }
            pending.removeFirst(count)
        } catch {
            switch error.errno {
            case .wouldBlock: return
            case .brokenPipe, StreamRelay.hungUp: close()
            default: throw error
            }
        }
    }

    /// Lets go of both ends, so that the container sees the end of its input, or that nobody reads its output.
    private mutating func close() {
        (source, target, pending) = (nil, nil, [])
    }

    private static let hungUp = Errno(rawValue: EIO)
}

/// All of a container's relays; none where no stream is a terminal. The only owner of their ends, so that letting go of
/// one closes it.
final class StreamRelays {
    private var relays: [StreamRelay]

    init(_ relays: [StreamRelay]) { self.relays = relays }
}

extension StreamRelays: ConsoleCopier {
    var requests: [pollfd] { relays.flatMap(\.requests) }

    func copy(_ answers: ArraySlice<pollfd>) throws(SystemError) {
        for index in relays.indices {
            let first = answers.startIndex + 2 * index
            try relays[index].copy(answers[first..<first + 2])
        }
    }

    func drain(untilSignal signals: Int32) throws(SystemError) {
        for index in relays.indices where relays[index].isOutput { try relays[index].drain(untilSignal: signals) }
    }
}
