import Linux
import Model
import Runtime

/// Where a container stands (runtime.md, "State"), with `paused` beside what the specification knows.
public enum ContainerStatus: String, Hashable, Sendable {
    case creating, created, running, paused, stopped
}

/// What is known of a container at a moment.
public struct ContainerState: Sendable {
    public let id: ContainerID
    public let status: ContainerStatus
    /// Of the first process, as the caller sees it; 0 where it has ended.
    public let pid: Int32
    /// Absolute.
    public let bundle: String
    public let rootfs: String
    public let created: Timestamp
    public let annotations: [Specification.Annotation]

    /// As the specification writes it (runtime.md, "State"), with what runc adds: `rootfs` and `created`.
    public var json: JSON {
        .object([
            .init("ociVersion", .string(Specification.version)), .init("id", .string(id.text)),
            .init("pid", .integer(pid)), .init("status", .string(status.rawValue)), .init("bundle", .string(bundle)),
            .init("rootfs", .string(rootfs)), .init("created", .string(created.rfc3339 ?? "")),
            .init("annotations", .object(annotations.map { .init($0.key, .string($0.value)) })),
        ])
    }
}

/// What was found of a container without holding it: it may be another by now.
struct SeenContainer {
    let record: ContainerRecord
    let specification: Specification
    let status: ContainerStatus
}

extension Containers {
    /// The container as it is now.
    public func state(of id: ContainerID) throws -> ContainerState {
        let seen = try look(at: id)
        return ContainerState(
            id: id, status: seen.status, pid: seen.status == .stopped ? 0 : seen.record.process?.pid ?? 0,
            bundle: seen.record.bundle, rootfs: seen.record.rootfs, created: seen.record.created,
            annotations: seen.specification.annotations)
    }

    /// Takes no lock, so that hooks may look too.
    func look(at id: ContainerID) throws -> SeenContainer {
        let place = place(of: id)
        let specification = try place.readSpecification()
        var record = try place.readRecord()
        if !record.isComplete {
            let isBeingMade = try FileLock.isHeld(place.lock)
            // It may have been finished between the two looks.
            record = try place.readRecord()
            if !record.isComplete {
                // Where its maker was killed, what is left can only be deleted.
                return SeenContainer(
                    record: record, specification: specification, status: isBeingMade ? .creating : .stopped)
            }
        }
        let status = try status(of: place, record, specification)
        return SeenContainer(record: record, specification: specification, status: status)
    }

    func status(of container: HeldContainer) throws -> ContainerStatus {
        guard container.record.isComplete else { return .stopped }
        return try status(of: container.place, container.record, container.specification)
    }

    /// Of a container that has been made.
    private func status(
        of place: ContainerPlace, _ record: ContainerRecord, _ specification: Specification
    ) throws -> ContainerStatus {
        guard let process = record.process, try process.isAlive() else { return .stopped }
        if try record.controlGroups(specification).isFrozen() { return .paused }
        return try Gate.isWaiting(at: place.gate) ? .created : .running
    }
}

extension ContainerPlace {
    /// As it was when the container was made.
    func readSpecification() throws -> Specification {
        guard let bytes = try Files.contentsIfPresent(specification) else { throw OCIError.unknown(id) }
        return try Specification(parsing: try JSON(parsing: bytes))
    }
}
