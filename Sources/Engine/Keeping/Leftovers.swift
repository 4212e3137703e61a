import Glibc
import Linux
import Model
import ObjectStore

/// A file or directory beside the objects that may go.
struct Leftover {
    enum Kind { case blob, image, checkout, garbage }

    let kind: Kind
    let path: String
    /// On the disk.
    let bytes: UInt64
}

extension Collected {
    mutating func add(_ leftovers: [Leftover]) {
        for leftover in leftovers {
            switch leftover.kind {
            case .blob: blobs.add(leftover.bytes)
            case .image: images.add(leftover.bytes)
            case .checkout: checkouts.add(leftover.bytes)
            case .garbage: garbage.add(leftover.bytes)
            }
        }
    }
}

extension Repository {
    /// What nobody uses, while writers are kept out.
    /// - Parameter blobs: the digests of those that stay.
    func leftovers(blobs: Set<Digest>) throws -> [Leftover] {
        var result: [Leftover] = []
        let hour = Moment.now() - 3600
        let states = try containerStates().map(\.state)
        let used = Set(try (states.map(\.checkout) + mountedCommits()).map { try content(of: $0).fs.hex })
        let tips = Set(try tags().compactMap { try treeIfOurs(of: $0.commit)?.hex })

        func add(_ kind: Leftover.Kind, _ path: String) throws {
            result.append(Leftover(kind: kind, path: path, bytes: try DiskSize.of(path)))
        }
        for (path, digest) in try keptBlobs() where digest.map({ blobs.contains($0) }) != true {
            try add(digest == nil ? .garbage : .blob, path)
        }
        // Who adds a blob keeps collections out.
        for name in try names(in: "blobs/tmp") { try add(.garbage, "\(root)/blobs/tmp/\(name)") }
        for name in try names(in: "images") {
            let path = "\(root)/images/\(name)"
            if name.hasSuffix(".erofs") {
                let tree = String(name.dropLast(6))
                if !used.contains(tree), !tips.contains(tree) { try add(.image, path) }
            } else if try Files.statusIfPresent(KernelPath(path))?.modified.seconds ?? .max < hour {
                try add(.garbage, path)
            }
        }
        let mounts = try Files.contentsIfPresent("/proc/self/mountinfo") ?? []
        let mounted = String(decoding: mounts, as: UTF8.self)
        for name in try names(in: "checkouts") where !name.hasPrefix(".") {
            let path = "\(root)/checkouts/\(name)"
            if ObjectID(hex: name) != nil {
                if !used.contains(name), !mounted.contains("checkouts/\(name)") { try add(.checkout, path) }
            } else if try Files.statusIfPresent(KernelPath(path))?.changed.seconds ?? .max < hour {
                try add(.garbage, path)
            }
        }
        for path in try mountRecords().garbage { try add(.garbage, path) }
        for path in try store().abandoned(now: Moment.now()) { try add(.garbage, "\(root)/\(path)") }
        for name in try unfinishedVolumes() { try add(.garbage, files(ofVolume: name).directory) }
        for id in try namelessContainers() { try add(.garbage, files(of: id).directory) }
        return result
    }

    /// The files in `blobs/<algorithm>`, by name; those that are named after no digest have none.
    func keptBlobs() throws -> [(path: String, digest: Digest?)] {
        try Digest.Algorithm.allCases.flatMap { algorithm in
            try names(in: "blobs/\(algorithm.rawValue)").map { name in
                let digest: Digest?
                do throws(Digest.Invalid) { digest = try Digest(parsing: "\(algorithm.rawValue):\(name)") } catch {
                    digest = nil
                }
                return ("\(root)/blobs/\(algorithm.rawValue)/\(name)", digest)
            }
        }
    }

    /// Nil for a commit that git made by hand.
    private func treeIfOurs(of commit: ObjectID) throws -> ObjectID? {
        do { return try content(of: commit).fs } catch EngineError.notCommit { return nil }
    }

    /// What killed creations and removals left. Who makes a container now keeps collections out, and who removes one
    /// has its lock.
    private func namelessContainers() throws -> [String] {
        let named = Set(try containerNames().compactMap { try linkedID($0) })
        return try names(in: "containers").filter { id in
            guard id.utf8.count == 64, !named.contains(id) else { return false }
            return try !FileLock.isHeld(files(of: id).lock) && !FileLock.isHeld(files(of: id).running)
        }
    }

    /// The names in a directory below the root, sorted; none where there is no such directory.
    func names(in directory: String) throws -> [String] {
        do throws(SystemError) {
            return try Files.names(in: try Files.openDirectory(KernelPath("\(root)/\(directory)")))
                .compactMap(\.string).sorted()
        } catch {
            if error.errno == .noEntry { return [] }
            throw error
        }
    }
}

/// How much room something takes on the disk.
enum DiskSize {
    /// Of a file, or a directory with all that is below it; 0 where nothing is there any more. Each name of a file
    /// with hard links counts its part.
    static func of(_ path: String) throws(SystemError) -> UInt64 {
        try total(KernelPath(path), in: .current)
    }

    private static func total(_ path: KernelPath, in parent: DirectoryReference) throws(SystemError) -> UInt64 {
        guard let status = try Files.statusIfPresent(path, in: parent) else { return 0 }
        guard status.kind == .directory else { return status.blocks * 512 / UInt64(max(1, status.linkCount)) }
        do throws(SystemError) {
            let directory = try Files.openDirectory(path, in: parent)
            var sum = status.blocks * 512
            for name in try Files.names(in: directory) { sum += try total(KernelPath(name), in: directory.reference) }
            return sum
        } catch {
            if error.errno == .noEntry { return 0 }
            throw error
        }
    }
}
