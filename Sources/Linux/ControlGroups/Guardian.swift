import CLinux
import Glibc

/// Thaws control groups when this process ends, however it ends: a small process beside it, for as long as the value lives.
///
/// It holds the lock until that is done, so that whoever gets the lock next can freeze them again without being disturbed.
public final class Guardian {
    private let memory: UnsafeMutablePointer<varve_guardian>
    private let text: UnsafeMutablePointer<CChar>
    private let file: Descriptor

    public init(thawing: ControlGroups.Thawing, holding lock: borrowing FileLock) throws(SystemError) {
        let file = try Files.open(thawing.file, flags: O_WRONLY)
        memory = .allocate(capacity: 1)
        text = .allocate(capacity: thawing.text.utf8.count)
        text.initialize(from: thawing.text.utf8.map { CChar(bitPattern: $0) }, count: thawing.text.utf8.count)
        memory.initialize(to: varve_guardian())
        memory.pointee.file = file.raw
        memory.pointee.lock = lock.raw
        memory.pointee.text = UnsafePointer(text)
        memory.pointee.length = thawing.text.utf8.count
        self.file = file
        let guardian = memory
        do throws(SystemError) { try system("start guardian", "") { varve_guardian_start(guardian) } } catch {
            memory.deallocate()
            text.deallocate()
            throw error
        }
    }

    deinit {
        varve_guardian_dismiss(memory)
        memory.deallocate()
        text.deallocate()
    }
}
