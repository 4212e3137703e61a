import Linux

extension Specification.Resources {
    /// All limits but those for devices, in the order of setting.
    ///
    /// Throws where a value is none that the kernel could take, by the name of its field.
    func limits() throws(RuntimeError) -> [Limit] {
        var limits = try memory.limits()
        limits += try cpu.limits()
        if let pids {
            let text = pids > 0 ? "\(pids)" : "max"
            let write = [Limit.Write("pids.max", text)]
            limits.append(
                Limit("limit processes", pids, .pids, unified: write, legacy: write, liftsOnly: pids <= 0))
        }
        limits += try blockIO.limits()
        for hugepage in hugepages { limits += try hugepage.limits() }
        if let networkClass {
            limits.append(
                Limit(
                    "set network class", networkClass, .networkClass,
                    legacy: [Limit.Write("net_cls.classid", networkClass)]))
        }
        limits += networkPriorities.map { priority in
            let text = "\(priority.interface) \(priority.priority)"
            return Limit(
                "set network priority", text, .networkPriority, legacy: [Limit.Write("net_prio.ifpriomap", text)])
        }
        for file in unified { limits.append(try file.limit()) }
        return limits
    }
}

/// A value that can't be meant.
func wrong(_ field: String, _ why: String) -> RuntimeError {
    RuntimeError(.refused, "limit resources", "linux.resources.\(field)", why)
}

extension Specification.Memory {
    fileprivate func limits() throws(RuntimeError) -> [Limit] {
        var limits: [Limit] = []
        if let limit, limit != 0 {
            try requireAmount(limit, "limit")
            limits.append(
                Limit(
                    "limit memory", limit, .memory, unified: [Limit.Write("memory.max", Self.unified(limit))],
                    legacy: [Limit.Write("memory.limit_in_bytes", limit)], liftsOnly: limit == -1))
        }
        if let swap = try swapLimit() { limits.append(swap) }
        if let reservation, reservation != 0 {
            try requireAmount(reservation, "reservation")
            limits.append(
                Limit(
                    "reserve memory", reservation, .memory,
                    unified: [Limit.Write("memory.low", Self.unified(reservation))],
                    legacy: [Limit.Write("memory.soft_limit_in_bytes", reservation)], liftsOnly: reservation == -1))
        }
        if let swappiness {
            guard swappiness <= 100 else { throw wrong("memory.swappiness", "\(swappiness) is not 0 to 100") }
            limits.append(
                Limit("set swappiness", swappiness, .memory, legacy: [Limit.Write("memory.swappiness", swappiness)]))
        }
        if disablesOOMKiller {
            limits.append(Limit("disable OOM killer", "", .memory, legacy: [Limit.Write("memory.oom_control", 1)]))
        }
        if usesHierarchy == false { throw wrong("memory.useHierarchy", "the kernel knows no other way any more") }
        return limits
    }

    /// Version 1 limits memory and swap together, version 2 swap alone.
    private func swapLimit() throws(RuntimeError) -> Limit? {
        // Memory without limit means swap without limit too, unless that is spoken of.
        guard let swap = swap ?? (limit == -1 ? -1 : nil), swap != 0 else { return nil }
        try requireAmount(swap, "swap")
        var ofSwapAlone = swap
        if swap > 0, let limit, limit > 0 {
            guard swap >= limit else {
                throw wrong("memory.swap", "\(swap) is less than the limit of memory, \(limit)")
            }
            ofSwapAlone = swap - limit
        } else if swap > 0, limit != -1 {
            throw wrong("memory.swap", "it is of memory and swap together, and there is no limit of memory")
        }
        return Limit(
            "limit swap", swap, .memory, unified: [Limit.Write("memory.swap.max", Self.unified(ofSwapAlone))],
            legacy: [Limit.Write("memory.memsw.limit_in_bytes", swap)], liftsOnly: swap == -1)
    }

    private func requireAmount(_ value: Int64, _ field: String) throws(RuntimeError) {
        guard value >= -1 else {
            throw wrong("memory.\(field)", "\(value) is neither a number of bytes nor -1 for none")
        }
    }

    private static func unified(_ value: Int64) -> String { value == -1 ? "max" : "\(value)" }
}

extension Specification.HugepageLimit {
    /// Both what is used and what is reserved, where the kernel tells these apart.
    fileprivate func limits() throws(RuntimeError) -> [Limit] {
        guard pageSize.hasSuffix("B"), pageSize.utf8.allSatisfy({ (0x30...0x5a).contains($0) }) else {
            throw wrong("hugepageLimits.pageSize", "\(pageSize) is no size such as 2MB")
        }
        let prefix = "hugetlb.\(pageSize)"
        return [
            Limit(
                "limit huge pages of \(pageSize)", limit, .hugetlb,
                unified: [
                    Limit.Write("\(prefix).max", limit), Limit.Write("\(prefix).rsvd.max", limit, isOptional: true),
                ],
                legacy: [
                    Limit.Write("\(prefix).limit_in_bytes", limit),
                    Limit.Write("\(prefix).rsvd.limit_in_bytes", limit, isOptional: true),
                ])
        ]
    }
}

extension Specification.UnifiedFile {
    /// The controller is what stands before the point.
    fileprivate func limit() throws(RuntimeError) -> Limit {
        let prefix = String(file.prefix { $0 != "." })
        guard let controller = ControlGroup.Controller(rawValue: prefix), prefix != file, !file.contains("/") else {
            throw wrong("unified", "\(file) is no file of a controller of version 2")
        }
        return Limit("set \(file)", value, controller, unified: [Limit.Write(file, value)])
    }
}
