extension Specification {
    /// A filter of system calls (config-linux.md, "Seccomp").
    public struct Seccomp: Hashable, Sendable {
        /// What happens to a call that no rule speaks of: `SCMP_ACT_ERRNO` and so on.
        public var defaultAction: String
        public var defaultErrno: UInt32?
        /// `SCMP_ARCH_X86_64` and so on; the machine's own where empty.
        public var architectures: [String] = []
        /// `SECCOMP_FILTER_FLAG_LOG` and so on.
        public var flags: [String] = []
        public var rules: [Rule] = []

        public init(defaultAction: String) { self.defaultAction = defaultAction }

        /// System calls by name, and what happens where all conditions hold. Names that the machine has no call of are
        /// passed over.
        public struct Rule: Hashable, Sendable {
            public var names: [String]
            public var action: String
            public var errno: UInt32?
            public var conditions: [Condition] = []

            public init(names: [String], action: String) {
                self.names = names
                self.action = action
            }
        }

        public struct Condition: Hashable, Sendable {
            /// Of the argument, 0 to 5.
            public var index: UInt32
            public var value: UInt64
            public var valueTwo: UInt64
            /// `SCMP_CMP_EQ` and so on.
            public var comparison: String

            public init(index: UInt32, value: UInt64, valueTwo: UInt64 = 0, comparison: String) {
                self.index = index
                self.value = value
                self.valueTwo = valueTwo
                self.comparison = comparison
            }
        }
    }
}
