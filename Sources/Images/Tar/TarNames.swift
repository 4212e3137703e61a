import Model

/// What a tar file is read or written for.
public enum TarDialect: Sendable {
    /// A whole root filesystem.
    case archive
    /// Files to be unpacked somewhere: slashes before names are dropped, as tar does.
    case files
    /// A layer of an image: slashes before names are dropped, since kaniko writes them, and nothing at all is a layer
    /// that changes nothing.
    case layer
}

/// The names that an archive may give its entries.
enum TarNames {
    /// PATH_MAX of linux/limits.h without the NUL.
    static let maximumPath = 4095

    /// Drops `.` and needless slashes; refuses all that could lead out of the root or that the kernel would not take.
    /// - Parameter what: what is named, for the refusal.
    static func path(_ name: [UInt8], _ what: String, _ dialect: TarDialect) throws(Refusal) -> BytePath {
        if name.isEmpty { throw Refusal("\(what) is empty") }
        if name.contains(0) { throw Refusal("\(what) has a NUL") }
        if name.first == UInt8(ascii: "/"), dialect == .archive { throw Refusal("\(what) is absolute") }
        guard name.count <= maximumPath else { throw Refusal("\(what) is longer than \(maximumPath) bytes") }
        let parts = name.split(separator: UInt8(ascii: "/"))
        for part in parts {
            if part.elementsEqual("..".utf8) { throw Refusal("\(what) has a '..'") }
            if part.count > longest(dialect, part) { throw Refusal("\(what) has a component longer than 255 bytes") }
        }
        return BytePath(parts.filter { !$0.elementsEqual(".".utf8) }.map { ByteName($0) })
    }

    /// A whiteout's name is the longer by its mark.
    private static func longest(_ dialect: TarDialect, _ part: ArraySlice<UInt8>) -> Int {
        dialect == .layer && part.starts(with: WhiteoutNames.prefix.bytes)
            ? 255 + WhiteoutNames.prefix.bytes.count : 255
    }

    static func symlinkTarget(_ target: [UInt8]) throws(Refusal) -> [UInt8] {
        if target.isEmpty { throw Refusal("its symlink target is empty") }
        if target.contains(0) { throw Refusal("its symlink target has a NUL") }
        guard target.count <= maximumPath else {
            throw Refusal("its symlink target is longer than \(maximumPath) bytes")
        }
        return target
    }

    static func hardLinkTarget(_ target: [UInt8], of path: BytePath, _ dialect: TarDialect) throws(Refusal) -> BytePath
    {
        let linked = try self.path(target, "its link target", dialect)
        if linked.isRoot || target.last == UInt8(ascii: "/") { throw Refusal("it is a hard link to a directory") }
        if linked == path { throw Refusal("it is a hard link to itself") }
        return linked
    }
}
