/// The name of a tag: `[registry/]name[:tag]`, with `latest` where no tag is given
/// (OCI distribution-spec, "Pulling manifests"; the registry part as Docker reads it).
public struct TagName: Hashable, Sendable {
    /// The repository name, with the registry's host in front where there is one: `localhost:5000/base/debian`.
    public let name: String
    public let tag: String

    /// Why a text is no tag name.
    public struct Invalid: Error, Hashable, Sendable {
        public let text: String
        public let reason: String
    }

    public init(parsing text: String) throws(Invalid) {
        func refuse(_ reason: String) -> Invalid { Invalid(text: text, reason: reason) }

        let lastSlash = text.lastIndex(of: "/")
        let lastColon = text.lastIndex(of: ":")
        var name = text[...]
        var tag: Substring = "latest"
        if let colon = lastColon, lastSlash.map({ $0 < colon }) ?? true {
            name = text[..<colon]
            tag = text[text.index(after: colon)...]
        }

        guard Self.isTag(tag) else {
            throw refuse(
                "the tag after ':' takes 1 to 128 of letters, digits, '_', '.' and '-', and starts with none of the last two"
            )
        }
        guard !name.isEmpty else { throw refuse("the name is empty") }
        guard name.utf8.count <= 255 else { throw refuse("the name is longer than 255 bytes") }

        var components = name.split(separator: "/", omittingEmptySubsequences: false)
        if components.count > 1, Self.looksLikeHost(components[0]) {
            guard Self.isHost(components[0]) else { throw refuse("'\(components[0])' is no registry host") }
            components.removeFirst()
        }
        for component in components where !Self.isComponent(component) {
            throw refuse("'\(component)' takes lowercase letters and digits, with '.', '_', '__' or '-' between them")
        }
        self.name = String(name)
        self.tag = String(tag)
    }

    /// As Docker tells a host from a path component: it has a dot or a colon, or is `localhost`.
    private static func looksLikeHost(_ component: Substring) -> Bool {
        component == "localhost" || component.contains(".") || component.contains(":")
    }

    private static func isHost(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let host = parts.first else { return false }
        if parts.count == 2, !(1...5).contains(parts[1].count) || !parts[1].utf8.allSatisfy(isDigit) { return false }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.utf8.first, let last = label.utf8.last else { return false }
            return isAlphanumeric(first) && isAlphanumeric(last)
                && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` (distribution-spec).
    private static func isComponent(_ text: Substring) -> Bool {
        var separator: [UInt8] = []
        var afterName = false
        for byte in text.utf8 {
            if isDigit(byte) || isLowercase(byte) {
                guard separator.isEmpty || (afterName && isSeparator(separator)) else { return false }
                separator = []
                afterName = true
            } else {
                separator.append(byte)
            }
        }
        return afterName && separator.isEmpty
    }

    private static func isSeparator(_ bytes: [UInt8]) -> Bool {
        bytes == Array(".".utf8) || bytes == Array("_".utf8) || bytes == Array("__".utf8)
            || bytes.allSatisfy { $0 == UInt8(ascii: "-") }
    }

    /// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}` (distribution-spec).
    private static func isTag(_ text: Substring) -> Bool {
        guard (1...128).contains(text.utf8.count), let first = text.utf8.first else { return false }
        return (isAlphanumeric(first) || first == UInt8(ascii: "_"))
            && text.utf8.allSatisfy {
                isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isLowercase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || isLowercase(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}

extension TagName: Comparable {
    public static func < (a: TagName, b: TagName) -> Bool { (a.name, a.tag) < (b.name, b.tag) }
}

extension TagName: CustomStringConvertible {
    /// Always with its tag: `debian:latest`.
    public var description: String { "\(name):\(tag)" }
}
