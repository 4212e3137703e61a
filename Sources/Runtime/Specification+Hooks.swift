extension Specification {
    /// Programs that are run as the container comes and goes (config.md, "POSIX-platform Hooks").
    public struct Hooks: Hashable, Sendable {
        /// In the runtime's namespaces, when the container's exist and its root is not yet entered.
        public var prestart: [Hook] = []
        public var createRuntime: [Hook] = []
        /// The same moment, in the container's namespaces; the program is the host's.
        public var createContainer: [Hook] = []
        /// In the container, right before its program.
        public var startContainer: [Hook] = []
        /// In the runtime's namespaces.
        public var poststart: [Hook] = []
        public var poststop: [Hook] = []

        public init() {}
    }

    /// One program. It finds the container's state, as JSON, on its standard input.
    public struct Hook: Hashable, Sendable {
        /// Absolute.
        public var path: String
        /// With the program's own name first; only that where empty.
        public var arguments: [String] = []
        /// `NAME=value`, nothing else.
        public var environment: [String] = []
        /// Seconds, 1 or more, after which it is killed and counts as failed.
        public var timeout: Int?

        public init(path: String) { self.path = path }
    }
}
