import Glibc
import Synchronization

/// Calls `body` with each number below `count`, on as many threads as there are processors; returns when all is done.
/// What `body` uses it has to guard.
func inParallel(_ count: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
        let work = SharedWork(count: count, body)
        var threads: [pthread_t] = []
        for _ in 1..<min(max(1, count), max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) {
            var thread = pthread_t()
            let held = Unmanaged.passRetained(work)
            let code = pthread_create(
                &thread, nil,
                { context in
                    if let context { Unmanaged<SharedWork>.fromOpaque(context).takeRetainedValue().run() }
                    return nil
                }, held.toOpaque())
            // With fewer threads it takes longer, and is the same.
            if code == 0 { threads.append(thread) } else { held.release() }
        }
        work.run()
        for thread in threads { pthread_join(thread, nil) }
    }
}

private final class SharedWork {
    private let count: Int
    private let body: (Int) -> Void
    private let next = Atomic<Int>(0)

    init(count: Int, _ body: @escaping (Int) -> Void) {
        self.count = count
        self.body = body
    }

    func run() {
        while true {
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            if number >= count { return }
            body(number)
        }
    }
}
