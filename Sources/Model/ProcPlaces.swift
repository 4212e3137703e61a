/// Where in `/proc` something may be mounted. Whoever could mount anywhere there could give a container's own processes files
/// of his choice in place of those that they are confined by, such as `/proc/self/attr/exec` (CVE-2019-16884).
extension BytePath {
    public static let proc = BytePath(["proc"])

    /// Whether it is in `/proc`, and nothing may be mounted there: all but what lxcfs has files of its own for.
    public var isKeptInProc: Bool {
        isWithin(.proc) && names.count > 1 && !Self.replaceable.contains(self)
    }

    private static let replaceable: Set<BytePath> = Set(
        [
            "cpuinfo", "diskstats", "meminfo", "stat", "swaps", "uptime", "loadavg", "slabinfo", "net/dev",
            "sys/kernel/ns_last_pid",
        ].compactMap { BytePath(parsing: "proc/\($0)".utf8) })
}
