import Model

/// How an image is called in an archive, and which tag that is here.
///
/// - `docker.io/library/` and `docker.io/` (also `index.docker.io/`) are what docker leaves out when it shows a name, and
///   are dropped: `docker.io/library/debian:12` is `debian:12`.
/// - `localhost/` is what podman and buildah put before names that were given without a registry. It is dropped too, so
///   that an image has one name here whichever tool saved it; a registry on this machine has a port, `localhost:5000/`,
///   and is kept.
/// - A digest behind the name (`name@sha256:…`) is dropped where there is a tag as well; alone it makes no tag.
public enum ImageReference {
    /// containerd's full name, which docker writes too since version 25.
    static let containerdName = "io.containerd.image.name"
    /// A full name, or only a tag; the specification leaves it open (image-spec, "Pre-Defined Annotation Keys").
    static let refName = "org.opencontainers.image.ref.name"

    /// - Parameter text: a name as an archive has it.
    /// - Returns: nil where it is only a digest.
    public static func tag(_ text: String) throws(TagName.Invalid) -> TagName? {
        var name = text[...]
        if let at = name.firstIndex(of: "@") {
            name = name[..<at]
            let last = name.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
            if !last.contains(":") { return nil }
        }
        for prefix in [
            "docker.io/library/", "index.docker.io/library/", "docker.io/", "index.docker.io/", "localhost/",
        ]
        where name.hasPrefix(prefix) {
            name = name.dropFirst(prefix.count)
            break
        }
        return try TagName(parsing: String(name))
    }

    /// The names that an index gives an entry, the fullest only: beside containerd's the other is but the tag.
    static func names(of descriptor: ContentDescriptor) -> [String] {
        for key in [containerdName, refName] {
            if let name = descriptor.annotations[key], !name.isEmpty { return [name] }
        }
        return []
    }

    /// A tag with its registry, as containerd and podman want names: ``tag(_:)`` turned around.
    public static func full(_ tag: TagName) -> String {
        let parts = tag.name.split(separator: "/")
        let hasRegistry = parts.count > 1 && (parts[0].contains { $0 == "." || $0 == ":" } || parts[0] == "localhost")
        if hasRegistry { return tag.description }
        return parts.count > 1 ? "docker.io/\(tag)" : "docker.io/library/\(tag)"
    }

    /// What names a tag in an index, for every reader.
    static func annotations(_ name: String) -> [String: String] { [containerdName: name, refName: name] }
}
