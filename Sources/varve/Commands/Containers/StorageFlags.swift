import ArgumentParser
import Engine
import Linux

/// Docker's flags for what is mounted in a container.
struct StorageFlags: ParsableArguments {
    @Option(
        name: .joined("v"),
        help: "Mount a volume or a path of the host: SOURCE:DESTINATION[:ro,…]; DESTINATION alone for one of its own.")
    var volume: [String] = []
    @Option(help: "Mount in full: type=bind|volume|tmpfs,source=…,target=…[,readonly,…].") var mount: [String] = []
    @Option(help: "Mount memory: DESTINATION[:size=64m,mode=1777,…].") var tmpfs: [String] = []
    @Option(help: "The size of /dev/shm (default: 64m).") var shmSize: String?
    @Option(help: "Mount all volumes of another container: CONTAINER[:ro].") var volumesFrom: [String] = []

    func apply(to configuration: inout ContainerConfiguration) throws {
        configuration.storage.mounts =
            try volume.map { try VolumeWord.parse($0) } + mount.map { try MountWord.parse($0) }
            + tmpfs.map { try TmpfsWord.parse($0) }
        configuration.storage.lenders = try volumesFrom.map { try lender($0) }
        configuration.storage.shmSize = try shmSize.map { text in
            guard let size = ByteCount.parse(text), size > 0, size <= UInt64(Int64.max) else {
                throw UsageError("read --shm-size: \(text): it takes a size above 0, such as 64m or 1g")
            }
            return size
        }
    }

    private func lender(_ text: String) throws -> StorageOptions.Lender {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard !parts[0].isEmpty, parts.count == 1 || ["ro", "rw"].contains(parts[1]) else {
            throw UsageError("read --volumes-from: \(text): it takes CONTAINER[:ro|rw]")
        }
        return .init(container: parts[0], isReadOnly: parts.count == 2 && parts[1] == "ro")
    }
}

/// `-v`.
enum VolumeWord {
    static func parse(_ text: String) throws -> StorageMount {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), !parts.contains(""), parts[parts.count == 1 ? 0 : 1].hasPrefix("/") else {
            throw UsageError(
                "read -v: \(text): it takes SOURCE:/DESTINATION[:OPTIONS], or /DESTINATION alone",
                hints: ["SOURCE is a volume's name or a path of the host: /srv/data, ./data"])
        }
        if parts.count == 1 { return try StorageMount(.own(number: 0), at: text) }
        var mount = try StorageMount(try source(parts[0], text), at: parts[1])
        for option in parts.count == 3 ? parts[2].split(separator: ",", omittingEmptySubsequences: false) : [] {
            try apply(String(option), to: &mount, text)
        }
        return mount
    }

    private static func source(_ source: String, _ text: String) throws -> StorageMount.Source {
        if source.hasPrefix("/") { return .path(source) }
        if source.hasPrefix(".") { return .path(try WorkingDirectory.absolute(source)) }
        guard Volume.isName(source) else {
            throw UsageError(
                "read -v: \(text): '\(source)' is no volume's name",
                hints: [
                    "a name is a letter or digit, then letters, digits, '_', '.' and '-'; "
                        + "a path of the host begins with '/' or '.'"
                ])
        }
        return .volume(source)
    }

    private static func apply(_ option: String, to mount: inout StorageMount, _ text: String) throws {
        let isVolume = if case .volume = mount.source { true } else { false }
        switch option {
        case "ro": mount.isReadOnly = true
        case "rw": mount.isReadOnly = false
        case "nocopy" where isVolume: mount.isFilled = false
        case "z", "Z":
            // Where SELinux is off, there are no labels to change.
            if try Files.exists("/sys/fs/selinux/enforce") {
                throw UsageError("read -v: \(text): '\(option)': varve does not change SELinux's labels")
            }
        case _ where !isVolume && StorageMount.propagations.contains(option): mount.propagation = option
        default:
            let accepted = isVolume ? ["nocopy"] : StorageMount.propagations
            throw UsageError(
                "read -v: \(text): there is no option '\(option)'",
                hints: ["it takes \((["ro", "rw", "z", "Z"] + accepted).joined(separator: ", "))"])
        }
    }
}

/// Paths of the host that are told from where the command was called.
enum WorkingDirectory {
    static func absolute(_ path: String) throws -> String {
        if path.hasPrefix("/") { return path }
        let here = try Files.readLink("/proc/self/cwd")
        guard let text = String(validating: here, as: UTF8.self) else {
            throw UsageError("read path: \(path): the working directory's name is not UTF-8")
        }
        return "\(text == "/" ? "" : text)/\(path)"
    }
}
