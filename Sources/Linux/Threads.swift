import CLinux
import Glibc

/// A thread beside the caller's (pthreads(7)), joined when the value goes away.
public struct WorkerThread: ~Copyable, Sendable {
    private let handle: pthread_t

    /// Starts it at once.
    public init(_ work: @escaping @Sendable () -> Void) throws(SystemError) {
        let context = Unmanaged.passRetained(Work(work))
        var handle = pthread_t()
        let failure = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard failure == 0 else {
            context.release()
            throw SystemError("start thread", "", Errno(rawValue: failure))
        }
        self.handle = handle
    }

    deinit { pthread_join(handle, nil) }

    /// Sends the thread the caught signal that asks to stop, where one came: the kernel gave it to some other thread,
    /// and this one may sit in a read that waits for ever.
    public func passInterrupt() {
        let signal = varve_was_interrupted()
        if signal != 0 { pthread_kill(handle, signal) }
    }

    private final class Work: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}

/// A value that several threads share, one at a time, and on whose changes they can wait.
///
/// What is inside leaves it only by what the closures return; whoever takes out a reference has to see to it that
/// no other thread has it too.
public final class Monitor<State>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State

    public init(_ state: State) {
        self.state = state
        // With these attributes neither can fail on Linux.
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Changes the state, and wakes all who wait.
    public func change<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(mutex)
        }
        return body(&state)
    }

    /// Tries until `body` gives something, again after each change; what it gives nil for it must not change.
    public func wait<Result>(until body: (inout State) -> Result?) -> Result {
        while true { if let result = wait(milliseconds: 60_000, until: body) { return result } }
    }

    /// The same, for about so long; then nil.
    public func wait<Result>(milliseconds: Int, until body: (inout State) -> Result?) -> Result? {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = deadline.tv_nsec + milliseconds * 1_000_000
        deadline.tv_sec += nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) {
                pthread_cond_broadcast(changed)
                return result
            }
            if pthread_cond_timedwait(changed, mutex, &deadline) == ETIMEDOUT { return body(&state) }
        }
    }
}

/// The machine's processors.
public enum Processors {
    /// How many are online; at least 1.
    public static var count: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
