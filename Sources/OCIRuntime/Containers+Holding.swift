import Linux
import Runtime

/// A container that nobody else changes as long as the object lives.
final class HeldContainer {
    let place: ContainerPlace
    let specification: Specification
    var record: ContainerRecord
    private let lock: FileLock

    init(
        _ place: ContainerPlace, _ specification: Specification, _ record: ContainerRecord, _ lock: consuming FileLock
    ) {
        self.place = place
        self.specification = specification
        self.record = record
        self.lock = lock
    }

    var id: ContainerID { place.id }
}

extension Containers {
    /// Waits until nobody else changes the container, but not for one that is being made: it refuses that.
    /// - Parameter operation: what is to be done, for the error.
    func hold(_ id: ContainerID, to operation: String) throws -> HeldContainer {
        let place = place(of: id)
        while true {
            let record = try place.readRecord()
            if let lock = try lock(place, waiting: record.isComplete) {
                // The directory may have been taken away, and another made in its place, while this waited.
                guard try lock.isOf(place.lock) else { continue }
                return HeldContainer(place, try place.readSpecification(), try place.readRecord(), lock)
            }
            // Its maker may have finished just now.
            guard try !place.readRecord().isComplete else { continue }
            throw OCIError(.wrongState, operation, id.text, "container is being created")
        }
    }

    private func lock(_ place: ContainerPlace, waiting: Bool) throws -> FileLock? {
        do throws(SystemError) {
            return waiting ? try FileLock.acquire(place.lock) : try FileLock.acquireIfFree(place.lock)
        } catch {
            if error.errno == .noEntry { throw OCIError.unknown(place.id) }
            throw error
        }
    }
}
