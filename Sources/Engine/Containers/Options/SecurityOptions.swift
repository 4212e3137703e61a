import Model
import Runtime

/// What a container's processes may do: capabilities, system calls, labels, user namespace (docs/isolation.md).
public struct SecurityOptions: Sendable, Hashable {
    public enum Seccomp: Sendable, Hashable {
        /// The profile that every container has.
        case standard
        case unconfined
        /// A profile's text, kept with the container: the file that it came from may change.
        case profile(String, name: String)
    }

    public enum AppArmorProfile: Sendable, Hashable {
        /// The profile that every container has where there can be one.
        case standard
        case unconfined
        /// One that is loaded.
        case loaded(String)
    }

    public var capabilities = CapabilityOptions()
    public var isPrivileged = false
    public var noNewPrivileges = false
    public var seccomp = Seccomp.standard
    public var apparmor = AppArmorProfile.standard
    /// Parts of SELinux's context, by `user`, `role`, `type`, `level` and `filetype`; nil for no context.
    public var label: SELinuxLabel?
    public var paths = SystemPathOptions()
    public var userNamespace = UserNamespaceOptions()

    public init() {}

    var json: JSON {
        let seccomp: JSON =
            switch seccomp {
            case .standard: .null
            case .unconfined: "unconfined"
            case .profile(let text, let name): ["name": .string(name), "profile": .string(text)]
            }
        return [
            "capabilities": capabilities.json, "privileged": .bool(isPrivileged),
            "noNewPrivileges": .bool(noNewPrivileges), "seccomp": seccomp,
            "apparmor": apparmor.json, "label": label?.json ?? .null, "paths": paths.json,
            "userNamespace": userNamespace.json,
        ]
    }

    init?(json: JSON) {
        guard let capabilities = json["capabilities"].flatMap(CapabilityOptions.init(json:)),
            let isPrivileged = json["privileged"]?.bool, let noNewPrivileges = json["noNewPrivileges"]?.bool,
            let userNamespace = json["userNamespace"].flatMap(UserNamespaceOptions.init(json:)),
            let paths = json["paths"].flatMap(SystemPathOptions.init(json:)),
            let apparmor = json["apparmor"].flatMap(AppArmorProfile.init(json:)),
            let seccomp = json["seccomp"].flatMap(Seccomp.init(json:)), let label = json["label"]
        else { return nil }
        self.capabilities = capabilities
        self.isPrivileged = isPrivileged
        self.noNewPrivileges = noNewPrivileges
        self.seccomp = seccomp
        self.paths = paths
        self.userNamespace = userNamespace
        self.apparmor = apparmor
        if label.isNull { return }
        guard let label = SELinuxLabel(json: label) else { return nil }
        self.label = label
    }

    /// Makes the start that `specification` describes go by these options.
    func apply(to specification: inout Specification) throws {
        let set = try capabilities.set(isPrivileged: isPrivileged)
        specification.process.capabilities = Specification.Capabilities(set)
        // Whoever is not root has none, and can get those of the bounding set by a set-user-ID program alone.
        if specification.process.user.uid != 0 {
            (specification.process.capabilities.effective, specification.process.capabilities.permitted) = ([], [])
        }
        specification.process.noNewPrivileges = noNewPrivileges
        if isPrivileged { try Privileges.give(to: &specification) }
        paths.apply(to: &specification)
        specification.linux.seccomp = try filter(for: set)
        specification.process.apparmorProfile = try apparmorProfile()
        label?.apply(to: &specification)
        try userNamespace.apply(to: &specification)
    }

    private func apparmorProfile() throws -> String? {
        switch apparmor {
        case .standard: isPrivileged ? nil : try AppArmor().standardProfile()
        case .unconfined: nil
        case .loaded(let name): name
        }
    }

    /// Nil where every system call is allowed.
    private func filter(for capabilities: CapabilitySet) throws -> Specification.Seccomp? {
        let profile: SeccompProfile
        switch seccomp {
        case .unconfined: return nil
        case .standard:
            if isPrivileged { return nil }
            profile = try SeccompProfile.standard()
        case .profile(let text, let name): profile = try SeccompProfile(parsing: Array(text.utf8), named: name)
        }
        guard let kernel = KernelVersion(Repository.kernelRelease()) else {
            throw EngineError.refused(
                "choose system calls", subject: Repository.kernelRelease(), reason: "this is no kernel version")
        }
        return profile.filter(for: capabilities, kernel: kernel)
    }
}

extension SecurityOptions.Seccomp {
    fileprivate init?(json: JSON) {
        if json.isNull {
            self = .standard
        } else if json.string == "unconfined" {
            self = .unconfined
        } else if let text = json["profile"]?.string, let name = json["name"]?.string {
            self = .profile(text, name: name)
        } else {
            return nil
        }
    }
}

extension SecurityOptions.AppArmorProfile {
    fileprivate var json: JSON {
        switch self {
        case .standard: .null
        case .unconfined: "unconfined"
        case .loaded(let name): ["profile": .string(name)]
        }
    }

    fileprivate init?(json: JSON) {
        if json.isNull {
            self = .standard
        } else if json.string == "unconfined" {
            self = .unconfined
        } else if let name = json["profile"]?.string {
            self = .loaded(name)
        } else {
            return nil
        }
    }
}
