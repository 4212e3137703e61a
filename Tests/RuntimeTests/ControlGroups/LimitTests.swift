import Linux
@testable import Runtime
import Testing

@Suite("Limits")
struct LimitTests {
    /// What a change of the resources writes on a version, a line each.
    private func written(
        _ version: KeyPath<Limit, [Limit.Write]>, _ change: (inout Specification.Resources) -> Void
    ) throws -> [String] {
        var resources = Specification.Resources()
        change(&resources)
        return try resources.limits().flatMap { limit in
            limit[keyPath: version].flatMap { $0.choices.map { "\($0.file)=\($0.text)" } }
        }
    }

    private static let cases:
        [(@Sendable (inout Specification.Resources) -> Void, unified: [String], legacy: [String])] = [
            (
                { ($0.memory.limit, $0.memory.swap) = (1 << 20, 3 << 20) },
                ["memory.max=1048576", "memory.swap.max=2097152"],
                ["memory.limit_in_bytes=1048576", "memory.memsw.limit_in_bytes=3145728"]
            ),
            (
                { ($0.memory.limit, $0.memory.swap) = (1 << 20, 1 << 20) },
                ["memory.max=1048576", "memory.swap.max=0"],
                ["memory.limit_in_bytes=1048576", "memory.memsw.limit_in_bytes=1048576"]
            ),
            (
                { ($0.memory.limit, $0.memory.swap) = (1 << 20, -1) }, ["memory.max=1048576", "memory.swap.max=max"],
                ["memory.limit_in_bytes=1048576", "memory.memsw.limit_in_bytes=-1"]
            ),
            (
                { $0.memory.limit = -1 }, ["memory.max=max", "memory.swap.max=max"],
                ["memory.limit_in_bytes=-1", "memory.memsw.limit_in_bytes=-1"]
            ),
            ({ $0.memory.limit = 0 }, [], []),
            ({ $0.memory.reservation = 5 }, ["memory.low=5"], ["memory.soft_limit_in_bytes=5"]),
            ({ $0.memory.swappiness = 0 }, [], ["memory.swappiness=0"]),
            ({ $0.memory.disablesOOMKiller = true }, [], ["memory.oom_control=1"]),
            ({ $0.cpu.shares = 1024 }, ["cpu.weight=100"], ["cpu.shares=1024"]),
            ({ $0.cpu.shares = 2 }, ["cpu.weight=1"], ["cpu.shares=2"]),
            ({ $0.cpu.shares = 262_144 }, ["cpu.weight=10000"], ["cpu.shares=262144"]),
            (
                { ($0.cpu.quota, $0.cpu.period) = (50_000, 200_000) }, ["cpu.max=50000 200000"],
                ["cpu.cfs_period_us=200000", "cpu.cfs_quota_us=50000"]
            ),
            ({ $0.cpu.quota = -1 }, ["cpu.max=max"], ["cpu.cfs_quota_us=-1"]),
            ({ $0.cpu.burst = 7 }, ["cpu.max.burst=7"], ["cpu.cfs_burst_us=7"]),
            ({ $0.cpu.idle = 1 }, ["cpu.idle=1"], ["cpu.idle=1"]),
            (
                { ($0.cpu.realtimeRuntime, $0.cpu.realtimePeriod) = (5, 10) }, [],
                ["cpu.rt_period_us=10", "cpu.rt_runtime_us=5"]
            ),
            (
                { ($0.cpu.cpus, $0.cpu.mems) = ("0-1,3", "0") }, ["cpuset.cpus=0-1,3", "cpuset.mems=0"],
                ["cpuset.cpus=0-1,3", "cpuset.mems=0"]
            ),
            ({ $0.pids = 9 }, ["pids.max=9"], ["pids.max=9"]),
            ({ $0.pids = -1 }, ["pids.max=max"], ["pids.max=max"]),
            (
                { $0.blockIO.weight = 10 }, ["io.bfq.weight=10", "io.weight=1"],
                ["blkio.bfq.weight=10", "blkio.weight=10"]
            ),
            (
                { $0.blockIO.weight = 1000 }, ["io.bfq.weight=1000", "io.weight=10000"],
                ["blkio.bfq.weight=1000", "blkio.weight=1000"]
            ),
            (
                {
                    $0.blockIO.readBytes = [.init(major: 8, minor: 0, rate: 100)]
                    $0.blockIO.writeOperations = [.init(major: 8, minor: 16, rate: 0)]
                }, ["io.max=8:0 rbps=100", "io.max=8:16 wiops=max"],
                ["blkio.throttle.read_bps_device=8:0 100", "blkio.throttle.write_iops_device=8:16 0"]
            ),
            (
                { $0.hugepages = [.init(pageSize: "2MB", limit: 4)] }, ["hugetlb.2MB.max=4", "hugetlb.2MB.rsvd.max=4"],
                ["hugetlb.2MB.limit_in_bytes=4", "hugetlb.2MB.rsvd.limit_in_bytes=4"]
            ),
            (
                {
                    $0.networkClass = 3
                    $0.networkPriorities = [.init(interface: "lo", priority: 2)]
                }, [], ["net_cls.classid=3", "net_prio.ifpriomap=lo 2"]
            ),
            ({ $0.unified = [.init(file: "memory.high", value: "5")] }, ["memory.high=5"], []),
        ]

    @Test("become files of either version", arguments: cases.indices)
    func files(index: Int) throws {
        let (change, unified, legacy) = Self.cases[index]
        #expect(try written(\.unified, change) == unified)
        #expect(try written(\.legacy, change) == legacy)
    }

    /// Worked out elsewhere, by the formula of opencontainers/cgroups.
    @Test(
        "of CPU shares become the weights that other runtimes make of them",
        arguments: [
            (2, 1), (100, 17), (500, 58), (1000, 99), (1024, 100), (2000, 170), (2048, 174), (5000, 356),
            (50_000, 2402),
            (262_143, 10_000),
        ] as [(UInt64, UInt64)])
    func weights(shares: UInt64, weight: UInt64) {
        #expect(Specification.CPU.weight(ofShares: shares) == weight)
    }

    private static let wrongs: [(@Sendable (inout Specification.Resources) -> Void, String)] = [
        ({ $0.memory.limit = -2 }, "linux.resources.memory.limit: -2 is neither a number of bytes nor -1 for none"),
        (
            { ($0.memory.limit, $0.memory.swap) = (20, 10) },
            "linux.resources.memory.swap: 10 is less than the limit of memory, 20"
        ),
        (
            { $0.memory.swap = 10 },
            "linux.resources.memory.swap: it is of memory and swap together, and there is no limit of memory"
        ),
        ({ $0.memory.swappiness = 101 }, "linux.resources.memory.swappiness: 101 is not 0 to 100"),
        ({ $0.cpu.shares = 1 }, "linux.resources.cpu.shares: 1 is not 2 to 262144"),
        ({ $0.cpu.period = 999 }, "linux.resources.cpu.period: 999 is not 1000 to 1000000 microseconds"),
        ({ $0.cpu.quota = 999 }, "linux.resources.cpu.quota: 999 is neither 1000 microseconds and more nor -1 for all"),
        ({ $0.cpu.idle = 2 }, "linux.resources.cpu.idle: 2 is neither 0 nor 1"),
        ({ $0.cpu.cpus = "0;1" }, "linux.resources.cpu.cpus: 0;1 is no list such as 0-3,7"),
        ({ $0.blockIO.weight = 9 }, "linux.resources.blockIO.weight: 9 is not 10 to 1000"),
        (
            { $0.hugepages = [.init(pageSize: "../2MB", limit: 1)] },
            "linux.resources.hugepageLimits.pageSize: ../2MB is no size such as 2MB"
        ),
        (
            { $0.unified = [.init(file: "cgroup.procs", value: "1")] },
            "linux.resources.unified: cgroup.procs is no file of a controller of version 2"
        ),
        (
            { $0.unified = [.init(file: "memory./../x", value: "1")] },
            "linux.resources.unified: memory./../x is no file of a controller of version 2"
        ),
    ]

    @Test("that can't be meant are refused by the field's name", arguments: wrongs.indices)
    func refused(index: Int) {
        var resources = Specification.Resources()
        Self.wrongs[index].0(&resources)
        let error = #expect(throws: RuntimeError.self) { try resources.limits() }
        #expect(error?.description == "limit resources: \(Self.wrongs[index].1)")
        #expect(error?.kind == .refused)
    }
}
