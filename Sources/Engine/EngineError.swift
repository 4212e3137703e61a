import Model

/// Why the engine did not do what it was asked for.
public enum EngineError: Error {
    /// Nothing has this name. `near` are real names that look like it.
    case unknownRevision(String, near: [String])
    case ambiguousRevision(String, candidates: [ObjectID])
    case unknownContainer(String, near: [String])
    /// Its files can't be read: by the id.
    case damagedContainer(String, reason: String)
    case unknownTag(TagName, near: [String])
    case unknownOperation(String)
    case unknownPath(String, BytePath)
    /// There is something at the path, but not what was asked for.
    case wrongKind(String, BytePath, expected: String)
    case badName(String, reason: String)
    case nameTaken(String)
    case tagExists(TagName)
    case tagMoved(TagName, expected: ObjectID?, actual: ObjectID?)
    /// The container's files are what its base says.
    case nothingToCommit(container: String)
    case containerRunning(String)
    /// Files of it are being copied while it does not run.
    case containerCopied(String)
    case containerNotRunning(String)
    /// The program that watches containers is not where varve is.
    case noSupervisor(String, reason: String)
    case containerPaused(String)
    case noCommand(String)
    /// A volume's path on the host.
    case noVolumeSource(String)
    case unknownVolume(String, near: [String])
    case volumeInUse(String, containers: [String])
    case unknownNetwork(String, near: [String])
    case networkNameTaken(String)
    /// Containers, by their names, are connected to it.
    case networkInUse(String, containers: [String])
    /// What else has addresses of its subnet.
    case networkCollides(String, subnet: IPv4Subnet, with: String)
    /// A CNI plugin is in none of the directories.
    case missingPlugin(String, directories: [String])
    /// A program of the host, and Debian's package that has it.
    case missingProgram(String, package: String)
    /// A port of the host's, `0.0.0.0:80/tcp`; `by` is nil where it is not known whose it is.
    case portTaken(String, by: String?)
    case notPublished(container: String, ContainerPort)
    case nothingToUndo
    case nothingBefore(TagName)
    case badImport(String, reason: String)
    /// An archive has an image without a name.
    case unnamedImage(String, Digest)
    /// The directory that would hold the repository can't.
    case unusableRoot(String, reason: String)
    /// Containers can't be written below the root, since overlayfs does not take this filesystem for it.
    case noUpper(String, filesystem: String)
    case notCommit(ObjectID)
    case refused(String, subject: String, reason: String)
}

extension EngineError {
    static func badContainerName(_ name: String) -> EngineError {
        .badName(
            name, reason: "a container's name is a letter or digit, then letters, digits, '_', '.' and '-', at most 128"
        )
    }
}
