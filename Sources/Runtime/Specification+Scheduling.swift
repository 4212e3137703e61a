extension Specification {
    /// How the process is scheduled (sched_setattr(2); config.md, "scheduler").
    public struct Scheduler: Hashable, Sendable {
        /// As the specification writes it: `SCHED_OTHER`, `SCHED_BATCH` and so on.
        public var policy: String
        /// -20 to 19.
        public var nice: Int32 = 0
        public var priority: Int32 = 0
        /// `SCHED_FLAG_RESET_ON_FORK` and so on.
        public var flags: [String] = []
        /// Nanoseconds, of `SCHED_DEADLINE`.
        public var runtime: UInt64 = 0
        public var deadline: UInt64 = 0
        public var period: UInt64 = 0

        public init(policy: String) { self.policy = policy }
    }

    /// Whose turn it is at the disks (ioprio_set(2)).
    public struct IOPriority: Hashable, Sendable {
        /// `IOPRIO_CLASS_RT`, `IOPRIO_CLASS_BE` or `IOPRIO_CLASS_IDLE`.
        public var schedulingClass: String
        /// 0, the highest, to 7.
        public var priority: Int32

        public init(schedulingClass: String, priority: Int32) {
            self.schedulingClass = schedulingClass
            self.priority = priority
        }
    }
}
