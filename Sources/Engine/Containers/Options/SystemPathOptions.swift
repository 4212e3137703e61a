import Glibc
import Model
import Runtime

/// Which paths of `/proc` and `/sys` are hidden from a container, or can't be written by it, beside the usual ones.
public struct SystemPathOptions: Sendable, Hashable {
    /// Absolute paths that are hidden too.
    public var masked: [BytePath] = []
    /// Patterns (fnmatch(3); no wildcard matches a slash) of paths that are neither hidden nor read-only.
    public var unmasked: [String] = []

    /// The pattern for all paths.
    public static let all = "ALL"

    init() {}

    func apply(to specification: inout Specification) {
        let isOpen = { (path: BytePath) in
            self.unmasked.contains { $0 == Self.all || fnmatch($0, path.displayed, FNM_PATHNAME) == 0 }
        }
        specification.linux.maskedPaths.removeAll(where: isOpen)
        specification.linux.readonlyPaths.removeAll(where: isOpen)
        specification.linux.maskedPaths += masked
    }

    var json: JSON {
        [
            "masked": .array(masked.map { .string($0.bytes.hex) }),
            "unmasked": .array(unmasked.map { .string($0) }),
        ]
    }

    init?(json: JSON) {
        guard let masked = json["masked"]?.array, let unmasked = json["unmasked"]?.array else { return nil }
        self.masked = masked.compactMap { $0.string.flatMap { [UInt8](hex: $0) }.flatMap { BytePath(parsing: $0) } }
        self.unmasked = unmasked.compactMap(\.string)
        guard self.masked.count == masked.count, self.unmasked.count == unmasked.count else { return nil }
    }
}
