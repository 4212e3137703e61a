import CLinux

extension Specification.Scheduler {
    /// As sched_setattr(2) takes it.
    func attributes() throws(RuntimeError) -> varve_scheduler {
        guard let policy = Self.policies[policy] else {
            throw RuntimeError(.refused, "set scheduler", policy, "no such policy")
        }
        var bits: UInt64 = 0
        for flag in flags {
            guard let position = Self.flagNames.firstIndex(of: flag) else {
                throw RuntimeError(.refused, "set scheduler", flag, "no such flag")
            }
            bits |= 1 << UInt64(position)
        }
        return varve_scheduler(
            size: UInt32(MemoryLayout<varve_scheduler>.size), policy: policy, flags: bits, nice: nice,
            priority: UInt32(bitPattern: priority), runtime: runtime, deadline: deadline, period: period)
    }

    private static let policies: [String: UInt32] = [
        "SCHED_OTHER": 0, "SCHED_FIFO": 1, "SCHED_RR": 2, "SCHED_BATCH": 3, "SCHED_ISO": 4, "SCHED_IDLE": 5,
        "SCHED_DEADLINE": 6,
    ]
    /// In the order of their bits (linux/sched.h).
    private static let flagNames = [
        "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN", "SCHED_FLAG_KEEP_POLICY",
        "SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX",
    ]
}

extension Specification.IOPriority {
    /// As ioprio_set(2) takes it: the class, and in the 13 lower bits the priority.
    func value() throws(RuntimeError) -> Int32 {
        guard let number = Self.classes[schedulingClass] else {
            throw RuntimeError(.refused, "set I/O priority", schedulingClass, "no such class")
        }
        guard (0...7).contains(priority) else {
            throw RuntimeError(.refused, "set I/O priority", "\(priority)", "it is not from 0 to 7")
        }
        return number << 13 | priority
    }

    private static let classes: [String: Int32] = [
        "IOPRIO_CLASS_RT": 1, "IOPRIO_CLASS_BE": 2, "IOPRIO_CLASS_IDLE": 3,
    ]
}

extension Specification.Personality {
    /// personality(2).
    var domain: Int64 {
        switch self {
        case .linux: 0
        case .linux32: 8
        }
    }
}
