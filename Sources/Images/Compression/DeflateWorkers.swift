import Linux

/// Threads that compress blocks; what they did comes out in the order in which it went in.
final class DeflateWorkers {
    private struct State {
        var waiting: [(number: Int, block: DeflateBlock)] = []
        var done: [Int: Result<DeflatedBlock, ImagesError>] = [:]
        var isClosed = false
    }

    /// In a box, since arrays hold no values that can't be copied.
    private final class Worker {
        private let thread: WorkerThread
        init(_ work: @escaping @Sendable () -> Void) throws(SystemError) { thread = try WorkerThread(work) }
    }

    private let state = Monitor(State())
    private var workers: [Worker] = []
    private var added = 0
    private var taken = 0
    /// So many may be under way: enough for every thread to have one more waiting.
    private let limit: Int

    init(level: Int32, threads: Int) throws(ImagesError) {
        limit = 2 * threads
        for _ in 0..<threads {
            let state = state
            do throws(SystemError) {
                workers.append(try Worker { Self.work(state, level: level) })
            } catch {
                // The threads that there are see it, and end.
                state.change { $0.isClosed = true }
                throw ImagesError("compress", "gzip", error.description)
            }
        }
    }

    deinit { state.change { $0.isClosed = true } }

    var isFull: Bool { added - taken == limit }

    func add(_ block: DeflateBlock) {
        let number = added
        added += 1
        state.change { $0.waiting.append((number, block)) }
    }

    /// The oldest block that was not taken yet, when it is done; nil where all were taken.
    func next() -> Result<DeflatedBlock, ImagesError>? {
        guard taken < added else { return nil }
        let number = taken
        taken += 1
        return state.wait { $0.done.removeValue(forKey: number) }
    }

    private static func work(_ state: Monitor<State>, level: Int32) {
        let deflater: Result<Deflater, ImagesError>
        do throws(ImagesError) { deflater = .success(try Deflater(level: level)) } catch { deflater = .failure(error) }
        while let (number, block) = take(from: state) {
            let result = deflater.map { $0.compress(block) }
            state.change { $0.done[number] = result }
        }
    }

    /// Nil when there will be no more.
    private static func take(from state: Monitor<State>) -> (number: Int, block: DeflateBlock)? {
        state.wait { state -> (number: Int, block: DeflateBlock)?? in
            if !state.waiting.isEmpty { return .some(state.waiting.removeFirst()) }
            return state.isClosed ? .some(nil) : nil
        }
    }
}
