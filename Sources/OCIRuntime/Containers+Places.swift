import Glibc
import Linux
import Model
import Runtime

extension Containers {
    /// Makes the container's directory with its specification and a record that says no more than that it is being made. It
    /// appears whole, and locked.
    func makePlace(
        of id: ContainerID, _ record: ContainerRecord, _ specification: Specification
    ) throws -> HeldContainer {
        try Files.makeDirectories(root, mode: 0o700)
        // Whoever holds this is the only one who has a directory of a temporary name.
        let gate = try FileLock.acquire("\(root)/\(Containers.making).lock")
        defer { withExtendedLifetime(gate) {} }
        let temporary = ContainerPlace(id: id, directory: "\(root)/\(Containers.making)")
        try Files.removeAll(KernelPath(temporary.directory))
        try Files.makeDirectory(KernelPath(temporary.directory), mode: 0o700)
        let lock = try FileLock.acquire(temporary.lock)
        try Files.replace(
            temporary.specification, with: try specification.json().serialized(), mode: 0o600,
            isDurable: false)
        try temporary.write(record)
        let place = place(of: id)
        do throws(SystemError) {
            try Files.rename(
                KernelPath(temporary.directory), to: KernelPath(place.directory), flags: Files.noReplace)
        } catch {
            guard error.errno == .exists else { throw error }
            throw OCIError(.exists, "create container", id.text, "container with given ID already exists")
        }
        return HeldContainer(place, specification, record, lock)
    }

    /// Takes the container's directory away. Its name is free at once; what is left after a kill is removed by the next.
    func discard(_ container: borrowing HeldContainer) throws(SystemError) {
        let gate = try FileLock.acquire("\(root)/\(Containers.removing).lock")
        defer { withExtendedLifetime(gate) {} }
        let trash = KernelPath("\(root)/\(Containers.removing)")
        try Files.removeAll(trash)
        try Files.rename(KernelPath(container.place.directory), to: trash)
        try Files.removeAll(trash)
    }

    // No ids: they hold no colon.
    private static let making = ":making"
    private static let removing = ":removing"
}
