import Glibc
import Linux
import Model
import Runtime

/// The containers of an OCI runtime: one directory each below `root`, with `state.json`, the specification as `config.json`,
/// a lock, and while the container waits for its start the FIFO that it waits at.
///
/// Verbs are extensions. Any number of processes may use one root at a time.
public struct Containers: Sendable {
    public let root: String

    public init(root: String) { self.root = root }

    /// Compiled filters of system calls, of all containers.
    var filters: SeccompCache { SeccompCache(directory: "\(root)/:filters") }

    /// All ids, sorted.
    public func ids() throws -> [ContainerID] {
        let directory: Descriptor
        do throws(SystemError) { directory = try Files.openDirectory(KernelPath(root)) } catch {
            if error.errno == .noEntry { return [] }
            throw error
        }
        // What is being made or taken away has a name that no id has.
        return try Files.names(in: directory).compactMap { name in
            name.string.flatMap { text in try? ContainerID(text) }
        }.sorted { $0.text < $1.text }
    }

    func place(of id: ContainerID) -> ContainerPlace { ContainerPlace(id: id, directory: "\(root)/\(id.text)") }
}

/// Where a container's files are.
struct ContainerPlace {
    let id: ContainerID
    let directory: String

    var lock: String { "\(directory)/lock" }
    var record: String { "\(directory)/state.json" }
    var specification: String { "\(directory)/config.json" }
    var gate: String { "\(directory)/exec.fifo" }

    /// - Throws: ``OCIError/Kind/unknown`` where there is no such container.
    func readRecord() throws -> ContainerRecord {
        guard let bytes = try Files.contentsIfPresent(record) else { throw OCIError.unknown(id) }
        guard let record = ContainerRecord(json: try JSON(parsing: bytes)) else {
            throw OCIError(.failed, "read container", id.text, "\(self.record) is damaged")
        }
        return record
    }

    func write(_ record: ContainerRecord) throws(SystemError) {
        // Below /run, where nothing outlives the machine's end anyway.
        try Files.replace(self.record, with: record.json.serialized(), mode: 0o600, isDurable: false)
    }
}
