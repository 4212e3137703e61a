import Glibc
import Linux

extension Specification.CPU {
    func limits() throws(RuntimeError) -> [Limit] {
        var limits: [Limit] = []
        if let idle {
            guard idle == 0 || idle == 1 else { throw wrong("cpu.idle", "\(idle) is neither 0 nor 1") }
            let write = [Limit.Write("cpu.idle", idle)]
            limits.append(Limit("set CPU idle", idle, .cpu, unified: write, legacy: write, liftsOnly: idle == 0))
        }
        if let shares, shares != 0 {
            guard (2...262_144).contains(shares) else { throw wrong("cpu.shares", "\(shares) is not 2 to 262144") }
            limits.append(
                Limit(
                    "set CPU shares", shares, .cpu, unified: [Limit.Write("cpu.weight", Self.weight(ofShares: shares))],
                    legacy: [Limit.Write("cpu.shares", shares)]))
        }
        limits += try bandwidth() + realtime()
        for (file, list) in [("cpus", cpus), ("mems", mems)] {
            guard let list, !list.isEmpty else { continue }
            guard Self.isList(list) else { throw wrong("cpu.\(file)", "\(list) is no list such as 0-3,7") }
            let write = [Limit.Write("cpuset.\(file)", list)]
            let operation = file == "cpus" ? "choose CPUs" : "choose memory nodes"
            limits.append(Limit(operation, list, .cpuset, unified: write, legacy: write))
        }
        return limits
    }

    /// Time in each period, and what may be saved up of it.
    private func bandwidth() throws(RuntimeError) -> [Limit] {
        let (quota, period) = (quota == 0 ? nil : quota, period == 0 ? nil : period)
        if let period, !(1000...1_000_000).contains(period) {
            throw wrong("cpu.period", "\(period) is not 1000 to 1000000 microseconds")
        }
        if let quota, quota != -1, quota < 1000 {
            throw wrong("cpu.quota", "\(quota) is neither 1000 microseconds and more nor -1 for all")
        }
        var legacy: [Limit.Write] = []
        if let period { legacy.append(Limit.Write("cpu.cfs_period_us", period)) }
        if let quota { legacy.append(Limit.Write("cpu.cfs_quota_us", quota)) }
        var limits: [Limit] = []
        if !legacy.isEmpty {
            let amount = quota.map { $0 == -1 ? "max" : "\($0)" } ?? "max"
            limits.append(
                Limit(
                    "limit CPU", "\(amount) of \(period ?? 100_000) µs", .cpu,
                    // Without a period the kernel keeps the one that there is.
                    unified: [
                        Limit.Write(
                            "cpu.max", [amount, period.map { "\($0)" }].compactMap { $0 }.joined(separator: " "))
                    ],
                    legacy: legacy, liftsOnly: amount == "max"))
        }
        if let burst {
            limits.append(
                Limit(
                    "set CPU burst", burst, .cpu, unified: [Limit.Write("cpu.max.burst", burst)],
                    legacy: [Limit.Write("cpu.cfs_burst_us", burst)], liftsOnly: burst == 0))
        }
        return limits
    }

    private func realtime() throws(RuntimeError) -> [Limit] {
        var limits: [Limit] = []
        if let realtimePeriod, realtimePeriod != 0 {
            limits.append(
                Limit(
                    "set realtime period", realtimePeriod, .cpu,
                    legacy: [Limit.Write("cpu.rt_period_us", realtimePeriod)]))
        }
        if let realtimeRuntime, realtimeRuntime != 0 {
            limits.append(
                Limit(
                    "limit realtime CPU", realtimeRuntime, .cpu,
                    legacy: [Limit.Write("cpu.rt_runtime_us", realtimeRuntime)]))
        }
        return limits
    }

    /// Version 2's weight for version 1's shares: a curve through the least, the usual and the greatest values of both, (2,
    /// 1), (1024, 100) and (262144, 10000), as runc and crun draw it since 2025.
    static func weight(ofShares shares: UInt64) -> UInt64 {
        if shares <= 2 { return 1 }
        if shares >= 262_144 { return 10_000 }
        let exponent = log2(Double(shares))
        return UInt64(pow(10, (exponent * exponent + 125 * exponent) / 612 - 7.0 / 34).rounded(.up))
    }

    /// Numbers and ranges between commas.
    private static func isList(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2c || $0 == 0x2d }
    }
}
