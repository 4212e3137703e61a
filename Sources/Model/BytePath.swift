/// A path inside a root filesystem, as a list of entry names; the empty list is the root itself.
public struct BytePath: Hashable, Sendable {
    public var names: [ByteName]

    public init(_ names: [ByteName] = []) { self.names = names }

    /// Splits at slashes; empty and `.` components are dropped, as the kernel does.
    /// Nil where a component is `..`, holds a NUL or is longer than 255 bytes.
    public init?(parsing bytes: some Sequence<UInt8>) {
        var names: [ByteName] = []
        for part in Array(bytes).split(separator: UInt8(ascii: "/")) {
            let name = ByteName(part)
            if name == "." { continue }
            guard name.isEntryName else { return nil }
            names.append(name)
        }
        self.names = names
    }

    public static let root = BytePath()

    public var isRoot: Bool { names.isEmpty }
    public var parent: BytePath { BytePath(Array(names.dropLast())) }
    public var last: ByteName? { names.last }

    public func appending(_ name: ByteName) -> BytePath {
        var longer: [ByteName] = []
        longer.reserveCapacity(names.count + 1)
        longer.append(contentsOf: names)
        longer.append(name)
        return BytePath(longer)
    }

    /// Whether this path is `ancestor` or stands below it.
    public func isWithin(_ ancestor: BytePath) -> Bool { names.starts(with: ancestor.names) }

    /// The absolute path: `/` for the root, no trailing slash otherwise.
    public var bytes: [UInt8] {
        if names.isEmpty { return [UInt8(ascii: "/")] }
        var result: [UInt8] = []
        result.reserveCapacity(names.reduce(names.count) { $0 + $1.bytes.count })
        for name in names {
            result.append(UInt8(ascii: "/"))
            result.append(contentsOf: name.bytes)
        }
        return result
    }

    public var displayed: String { Escaping.displayed(bytes) }
}

extension BytePath: Comparable {
    /// Parents before their children, siblings by name bytes.
    public static func < (a: BytePath, b: BytePath) -> Bool {
        a.names.lexicographicallyPrecedes(b.names)
    }
}

extension BytePath: CustomStringConvertible {
    public var description: String { displayed }
}
