import Glibc
import Linux
import Model

extension Repository {
    /// Removes a container, whatever state it is in: what runs in it is killed first. Of several that do this at once one does
    /// it, and all of them return when it is gone.
    /// - Parameter keepingVolumes: whether the volumes of its own become such as outlive it.
    public func removeByForce(_ container: Container, keepingVolumes: Bool = false) throws {
        // Somebody may be starting it, or have just ended it without having put that on record.
        for attempt in 0... {
            do {
                try endWhateverRuns(in: container)
                return try remove(container, keepingVolumes: keepingVolumes)
            } catch EngineError.containerRunning where attempt < 100 {
                usleep(100_000)
            } catch {
                if try isGone(container) { return }
                throw error
            }
        }
    }

    private func endWhateverRuns(in container: Container) throws {
        do { try end(container) } catch EngineError.damagedContainer {
            // Nobody knows what runs in it but its control group.
            try killGroup(of: container)
        } catch let error as SystemError where error.isWantOfRoom {
            // Its end can't be put on record, and need not: it goes, and makes room.
            try killGroup(of: container)
        }
    }

    private func isGone(_ container: Container) throws -> Bool {
        try !Files.exists(KernelPath(files(of: container.id).directory))
    }
}
