import Linux

/// Another source that a thread of its own reads ahead, so that decompressing and hashing run beside what is done with
/// the bytes. Takes 2 MiB, whatever the pieces' sizes.
///
/// The input's error comes after all bytes before it. When the value goes away, the thread is at its end; a read that
/// waits for a slow pipe is waited for, too.
public final class BackgroundSource: ByteSource {
    private let ring: Ring
    private let thread: WorkerThread
    private let name: String
    /// Whether the slot that was given out last is still the caller's.
    private var isHolding = false

    /// - Parameters:
    ///   - input: belongs to the thread from now on, until this source has ended.
    ///   - name: what messages call it.
    public init(_ input: any ByteSource, name: String) throws(ImagesError) {
        let ring = Ring(input)
        do throws(SystemError) { thread = try WorkerThread { ring.fill() } } catch {
            throw ImagesError("read archive", name, error.description)
        }
        self.ring = ring
        self.name = name
    }

    deinit {
        ring.abandon()
        while !ring.waitForEnd(milliseconds: 50) { thread.passInterrupt() }
    }

    public func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        if isHolding {
            ring.giveBack()
            isHolding = false
        }
        while true {
            if let piece = try ring.take(milliseconds: 100) {
                isHolding = !piece.isEmpty
                return piece
            }
            // A wait for another thread is not ended by a signal, as a read is.
            do throws(SystemError) { try Interrupts.check() } catch {
                throw ImagesError("read archive", name, error.errno.description)
            }
        }
    }
}

/// The buffers between the two threads. Unchecked: the input and the slots that are not filled are touched by the
/// thread alone, a filled one by whoever took it; which is which is in the monitor.
private final class Ring: @unchecked Sendable {
    private struct State {
        /// Bytes in each filled slot, the oldest first.
        var filled: [Int] = []
        /// The slot of the oldest.
        var first = 0
        var isAbandoned = false
        /// When nothing comes after what is filled.
        var hasEnded = false
        var failure: ImagesError?
    }

    private static let slotSize = 256 << 10
    private let input: any ByteSource
    private let slots = (0..<8).map { _ in
        UnsafeMutableRawBufferPointer.allocate(byteCount: slotSize, alignment: 16)
    }
    private let state = Monitor(State())
    /// What the input gave and no slot had room for.
    private var rest = UnsafeRawBufferPointer(start: nil, count: 0)

    init(_ input: any ByteSource) { self.input = input }

    deinit { slots.forEach { $0.deallocate() } }

    // MARK: The thread's side

    func fill() {
        let failure = copyAll()
        state.change {
            $0.failure = failure
            $0.hasEnded = true
        }
    }

    private func copyAll() -> ImagesError? {
        while let slot = freeSlot() {
            var count = 0
            var failure: ImagesError?
            do throws(ImagesError) { try copy(to: slots[slot], &count) } catch { failure = error }
            if count > 0 { state.change { $0.filled.append(count) } }
            if failure != nil || count == 0 { return failure }
        }
        return nil
    }

    /// Nil when nobody wants any more.
    private func freeSlot() -> Int? {
        state.wait { state -> Int?? in
            if state.isAbandoned { return .some(nil) }
            if state.filled.count == slots.count { return nil }
            return (state.first + state.filled.count) % slots.count
        }
    }

    private func copy(to slot: UnsafeMutableRawBufferPointer, _ count: inout Int) throws(ImagesError) {
        while count < slot.count {
            if rest.isEmpty { rest = try input.next() }
            if rest.isEmpty { return }
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(slot.count - count))
            UnsafeMutableRawBufferPointer(rebasing: slot[count...]).copyMemory(from: part)
            count += part.count
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
        }
    }

    // MARK: The taker's side

    /// The oldest filled slot, nothing at the end; nil where it takes longer.
    func take(milliseconds: Int) throws(ImagesError) -> UnsafeRawBufferPointer? {
        let taken = state.wait(milliseconds: milliseconds) { state -> Result<UnsafeRawBufferPointer, ImagesError>? in
            if let count = state.filled.first {
                return .success(UnsafeRawBufferPointer(rebasing: slots[state.first][..<count]))
            }
            if let failure = state.failure { return .failure(failure) }
            return state.hasEnded ? .success(UnsafeRawBufferPointer(start: nil, count: 0)) : nil
        }
        return try taken?.get()
    }

    func giveBack() {
        state.change {
            $0.filled.removeFirst()
            $0.first = ($0.first + 1) % slots.count
        }
    }

    func abandon() { state.change { $0.isAbandoned = true } }

    func waitForEnd(milliseconds: Int) -> Bool {
        state.wait(milliseconds: milliseconds) { $0.hasEnded ? true : nil } ?? false
    }
}
