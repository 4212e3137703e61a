import Glibc
import Linux
import Model

/// What the kernel can do where the repository is, found out by trying.
struct Place {
    let choice: Repository.CheckoutChoice
    /// The kind of filesystem, such as `overlay`, where it can't hold what containers write; nil where it can.
    let upperProblem: String?
    /// Whether another try would tell the same. A passing failure, such as too many open files, must not be believed
    /// for ever.
    let isLasting: Bool

    init(choice: Repository.CheckoutChoice, upperProblem: String?, isLasting: Bool) {
        self.choice = choice
        self.upperProblem = upperProblem
        self.isLasting = isLasting
    }
}

extension Repository {
    /// What was found out before on this kernel and filesystem, else what trying shows.
    func place() throws -> Place {
        let path = "\(root)/checkouts/.choice"
        let filesystem = try Files.status(KernelPath("\(root)/containers")).filesystem
        let key = "\(Self.kernelRelease()) \(filesystem.major):\(filesystem.minor)"
        if let saved = try Files.contentsIfPresent(path), let place = Place(decoding: saved, key: key) { return place }
        let place = try probe()
        guard place.isLasting else { return place }
        // Several may be at this at once, so each has a temporary name of its own.
        let temporary = "\(path).\(Self.randomHex(4)).new"
        let file = try Files.open(KernelPath(temporary), flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        try file.write(place.encoded(key: key))
        try Files.rename(KernelPath(temporary), to: KernelPath(path))
        return place
    }

    /// Refuses a filesystem that overlayfs can't write to, before anything is made there.
    func requireUpperDirectories() throws {
        if let filesystem = try place().upperProblem { throw EngineError.noUpper(root, filesystem: filesystem) }
    }

    private func probe() throws -> Place {
        let features = KernelFeatures.probe(in: try Files.openDirectory(KernelPath("\(root)/images")))
        let (problem, isLasting) = try probeUpperProblem()
        return Place(
            choice: Self.choice(features), upperProblem: problem,
            isLasting: isLasting && features.erofs.isLasting && features.dataOnlyLayers.isLasting)
    }

    private static func choice(_ features: KernelFeatures) -> CheckoutChoice {
        switch (features.erofs, features.dataOnlyLayers) {
        case (.available, .available):
            CheckoutChoice(mode: .image, reason: "the kernel mounts EROFS files and data-only layers")
        case (.unavailable(let why, _), _):
            CheckoutChoice(mode: .directory, reason: "the kernel can't mount an EROFS file: \(why)")
        case (_, .unavailable(let why, _)):
            CheckoutChoice(mode: .directory, reason: "overlayfs can't use a data-only layer: \(why)")
        }
    }

    /// Does in small what a container needs: overlayfs itself takes filesystems on which it can then keep no marks.
    private func probeUpperProblem() throws -> (problem: String?, isLasting: Bool) {
        let path = "\(root)/containers/.probe.\(Self.randomHex(4))"
        do throws(SystemError) { try Files.makeDirectory(KernelPath(path), mode: 0o700) } catch {
            guard error.errno == .readOnly else { throw error }
            return ("a read-only filesystem", false)
        }
        var problem: String?
        var isLasting = true
        do throws(SystemError) {
            try Self.tryUpper(at: path)
        } catch {
            // Of a full disk, say, this would be no more true tomorrow.
            isLasting = error.errno.tellsOfLack
            // Who is not root gets this from every filesystem; root from one without device files, say.
            let isForbidden = error.errno == .notPermitted
            guard isLasting || isForbidden else {
                try Files.removeAll(KernelPath(path))
                throw error
            }
            let directory = try Files.openDirectory(KernelPath(path))
            problem = try MountEntry.holding(directory)?.filesystem ?? "an unknown filesystem"
            if isForbidden, geteuid() != 0 { problem? += " (tried without root's rights)" }
        }
        try Files.removeAll(KernelPath(path))
        return (problem, isLasting)
    }

    private static func tryUpper(at path: String) throws(SystemError) {
        for name in ["lower", "upper", "work"] { try Files.makeDirectory(KernelPath("\(path)/\(name)")) }
        let lower = try Files.openDirectory(KernelPath("\(path)/lower"))
        let upper = try Files.openDirectory(KernelPath("\(path)/upper"))
        let work = try Files.openDirectory(KernelPath("\(path)/work"))
        try Files.makeNode("removed", in: lower.reference, mode: UInt32(S_IFIFO) | 0o600)
        let mark = ExtendedAttribute(name: "trusted.overlay.varve", value: [])
        try Xattrs.set(mark, ".", in: upper.reference)
        try Xattrs.remove(mark.name, ".", in: upper.reference)
        let layers = OverlayLayers(lower: [lower.reference], writable: (upper.reference, work.reference))
        let root = try Mounts.overlay(layers)
        try Files.remove("removed", in: root.reference)
        guard try Files.status("removed", in: upper.reference).isWhiteout else {
            throw SystemError("mark a removed file in", path, .notSupported)
        }
    }
}

extension Place {
    private static let header = "varve place 2"

    /// Nil for what was found out elsewhere, or by another version.
    fileprivate init?(decoding bytes: [UInt8], key: String) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 6, lines[0] == Self.header, lines[1] == key,
            let mode = Repository.CheckoutMode(rawValue: String(lines[2])), lines[5].isEmpty
        else { return nil }
        self.init(
            choice: Repository.CheckoutChoice(mode: mode, reason: String(lines[3])),
            upperProblem: lines[4].isEmpty ? nil : String(lines[4]), isLasting: true)
    }

    fileprivate func encoded(key: String) -> [UInt8] {
        let lines = [Self.header, key, choice.mode.rawValue, choice.reason, upperProblem ?? "", ""]
        return Array(lines.joined(separator: "\n").utf8)
    }
}
