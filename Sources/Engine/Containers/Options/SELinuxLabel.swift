import Linux
import Model
import Runtime

/// What was said of SELinux's context for a container: each part stands in place of the usual one.
public struct SELinuxLabel: Sendable, Hashable {
    public enum Part: String, Sendable, Hashable, CaseIterable {
        case user, role, type, level
        /// The type of the container's files.
        case filetype
    }

    private var parts: [Part: String] = [:]

    public init() {}

    public subscript(_ part: Part) -> String? {
        get { parts[part] }
        set { parts[part] = newValue }
    }

    /// The contexts that container engines give (container_selinux(8)), with these parts.
    func apply(to specification: inout Specification) {
        let (user, level) = (parts[.user] ?? "system_u", parts[.level] ?? "s0")
        specification.process.selinuxLabel =
            "\(user):\(parts[.role] ?? "system_r"):\(parts[.type] ?? "container_t"):\(level)"
        specification.linux.mountLabel = "\(user):object_r:\(parts[.filetype] ?? "container_file_t"):\(level)"
    }

    var json: JSON {
        .object(Part.allCases.compactMap { part in parts[part].map { .init(part.rawValue, .string($0)) } })
    }

    init?(json: JSON) {
        guard let members = json.object else { return nil }
        for member in members {
            guard let part = Part(rawValue: member.key), let value = member.value.string else { return nil }
            parts[part] = value
        }
    }
}

/// Which security modules the kernel has at work.
public enum SecurityModules {
    public static func hasSELinux() throws(SystemError) -> Bool { try Files.exists("/sys/fs/selinux/enforce") }

    public static func hasAppArmor() throws(SystemError) -> Bool {
        try Files.contentsIfPresent("/sys/module/apparmor/parameters/enabled")?.first == UInt8(ascii: "Y")
    }
}
