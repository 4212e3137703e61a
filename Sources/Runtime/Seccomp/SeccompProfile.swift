import Model

/// A filter of system calls as Docker writes it down: rules that hold for some capabilities, architectures or kernels only.
/// What it comes to for one container is a ``Specification/Seccomp`` (docs/isolation.md has the format).
public struct SeccompProfile: Hashable, Sendable {
    var defaultAction: String
    var defaultErrno: UInt32?
    var architectures: [String] = []
    /// By the machine's own architecture: what else runs on it.
    var subArchitectures: [String: [String]] = [:]
    var flags: [String] = []
    var rules: [Rule] = []

    struct Rule: Hashable, Sendable {
        var rule: Specification.Seccomp.Rule
        var includes = Circumstances()
        var excludes = Circumstances()
    }

    /// On what a rule hangs; nothing where empty.
    struct Circumstances: Hashable, Sendable {
        var capabilities: CapabilitySet = []
        /// As Docker calls them: `amd64`, `x86`.
        var architectures: [String] = []
        var kernel: KernelVersion?
    }

    /// What a container gets that asks for no other.
    public static func standard() throws(RuntimeError) -> SeccompProfile {
        try SeccompProfile(parsing: PackageResources.default_json, named: "the default")
    }

    /// - Parameters:
    ///   - capabilities: the container's bounding set.
    ///   - kernel: that it runs on.
    public func filter(for capabilities: CapabilitySet, kernel: KernelVersion) -> Specification.Seccomp {
        var filter = Specification.Seccomp(defaultAction: defaultAction)
        filter.defaultErrno = defaultErrno
        filter.architectures = architectures
        if let others = subArchitectures[Self.native.specified] {
            filter.architectures = [Self.native.specified] + others
        }
        filter.flags = flags
        filter.rules = rules.filter { rule in
            let (includes, excludes) = (rule.includes, rule.excludes)
            let lacks = includes.capabilities.bits & ~capabilities.bits != 0
            let isElsewhere = !includes.architectures.isEmpty && !includes.architectures.contains(Self.native.docker)
            let isOlder = includes.kernel.map { kernel < $0 } ?? false
            let isExcluded =
                excludes.capabilities.bits & capabilities.bits != 0
                || excludes.architectures.contains(Self.native.docker)
                || excludes.kernel.map { kernel >= $0 } ?? false
            return !lacks && !isElsewhere && !isOlder && !isExcluded
        }.map(\.rule)
        return filter
    }

    #if arch(x86_64)
        private static let native = (docker: "amd64", specified: "SCMP_ARCH_X86_64")
    #elseif arch(arm64)
        private static let native = (docker: "arm64", specified: "SCMP_ARCH_AARCH64")
    #endif
}

/// The first two numbers of a kernel's version.
public struct KernelVersion: Hashable, Sendable, Comparable {
    public let major: Int
    public let minor: Int

    /// Nil where the text does not begin with two numbers and a dot between them.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let major = Int(parts[0]),
            let minor = Int(parts[1].prefix { $0.isASCII && $0.isNumber })
        else { return nil }
        (self.major, self.minor) = (major, minor)
    }

    public static func < (one: KernelVersion, other: KernelVersion) -> Bool {
        (one.major, one.minor) < (other.major, other.minor)
    }
}
