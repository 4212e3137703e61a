import Glibc
import Model
import Runtime
import Testbed
import Testing

@Suite("A profile of system calls")
struct SeccompProfileTests {
    private let kernel = KernelVersion("6.1.0-18-amd64")!

    private func standard(_ capabilities: CapabilitySet = .standard) throws -> Specification.Seccomp {
        try SeccompProfile.standard().filter(for: capabilities, kernel: kernel)
    }

    private func allowed(_ filter: Specification.Seccomp) -> Set<String> {
        Set(filter.rules.filter { $0.action == "SCMP_ACT_ALLOW" && $0.conditions.isEmpty }.flatMap(\.names))
    }

    @Test("of every container forbids by default, and allows what programs live on")
    func standardProfile() throws {
        let filter = try standard()
        #expect(filter.defaultAction == "SCMP_ACT_ERRNO" && filter.defaultErrno == UInt32(EPERM))
        let needed: Set = [
            "read", "openat", "execve", "mmap", "futex", "wait4", "chroot", "setresuid", "epoll_wait", "ptrace",
        ]
        #expect(needed.isSubset(of: allowed(filter)))
    }

    @Test(
        "of every container allows nobody what reaches the kernel's keys, modules, clocks or the host's programs",
        arguments: [
            "add_key", "request_key", "keyctl", "kexec_load", "kexec_file_load", "io_uring_setup", "io_uring_enter",
            "io_uring_register", "userfaultfd", "pivot_root", "swapon", "swapoff", "nfsservctl", "move_pages",
            "migrate_pages", "vm86", "vm86old", "uselib", "ustat", "sysfs", "_sysctl", "create_module", "pkey_alloc",
        ])
    func neverAllowed(call: String) throws {
        let filter = try standard(CapabilitySet(bits: .max))
        #expect(!filter.rules.flatMap(\.names).contains(call))
    }

    @Test(
        "of every container gives with a capability the calls that need it",
        arguments: [
            (21, ["mount", "setns", "unshare", "bpf", "clone3"]), (16, ["init_module"]),
            (19, ["process_vm_readv", "kcmp"]),
            (2, ["open_by_handle_at"]), (25, ["clock_settime"]), (18, ["chroot"]), (22, ["reboot"]), (17, ["iopl"]),
            (20, ["acct"]), (23, ["mbind"]), (26, ["vhangup"]), (34, ["syslog"]), (38, ["perf_event_open"]),
            (39, ["bpf"]),
        ])
    func capabilities(number: Int, calls: [String]) throws {
        #expect(allowed(try standard([])).isDisjoint(with: calls))
        #expect(allowed(try standard([number])).isSuperset(of: calls))
    }

    @Test("of every container lets nobody make a namespace, and hides clone3, without CAP_SYS_ADMIN")
    func namespaces() throws {
        let rules = try standard().rules
        let clone = try #require(rules.filter { $0.names == ["clone"] }.first)
        #expect(clone.conditions.map(\.value) == [0x7e02_0000] && clone.conditions.map(\.valueTwo) == [0])
        let clone3 = try #require(rules.filter { $0.names == ["clone3"] }.first)
        #expect(clone3.action == "SCMP_ACT_ERRNO" && clone3.errno == UInt32(ENOSYS))
        let admin = try standard([21]).rules.filter { $0.names == ["clone"] || $0.names == ["clone3"] }
        #expect(admin.isEmpty)
    }

    private func profile(_ text: String) throws -> SeccompProfile {
        try SeccompProfile(parsing: Array(text.utf8), named: "file")
    }

    @Test("holds where its circumstances do")
    func circumstances() throws {
        let profile = try profile(
            """
            {"defaultAction": "SCMP_ACT_ERRNO", "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": null}],
             "syscalls": [
              {"names": ["always"], "action": "SCMP_ACT_ALLOW", "comment": "so", "includes": {}, "excludes": null},
              {"name": "old", "action": "SCMP_ACT_ALLOW", "args": null},
              {"names": ["two"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_CHOWN", "CAP_KILL"]}},
              {"names": ["none"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_CHOWN", "CAP_KILL"]}},
              {"names": ["here"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["amd64", "arm64"]}},
              {"names": ["there"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["s390x"]}},
              {"names": ["newer"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "6.2"}},
              {"names": ["older"], "action": "SCMP_ACT_ALLOW", "excludes": {"minKernel": "6.1"}}
            ]}
            """)
        func names(_ capabilities: CapabilitySet, _ release: String = "6.1.5") throws -> [String] {
            profile.filter(for: capabilities, kernel: try #require(KernelVersion(release))).rules.flatMap(\.names)
        }
        #expect(try names([]) == ["always", "old", "none", "here"])
        #expect(try names([0]) == ["always", "old", "here"])
        #expect(try names([0, 5]) == ["always", "old", "two", "here"])
        #expect(try names([], "6.10-rc1") == ["always", "old", "none", "here", "newer"])
        #expect(try names([], "5.19") == ["always", "old", "none", "here", "older"])
    }

    @Test(
        "that can't be understood is refused, with its name and the place",
        arguments: [
            ("", "read seccomp profile: file: read JSON: byte 0"),
            ("[]", "it is no object"), ("{}", "defaultAction: it is missing"),
            (#"{"defaultAction": "SCMP_ACT_ALLOW", "sysc": [1]}"#, "sysc"),
            (#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"]}]}"#, "syscalls[0].action"),
            (
                #"{"defaultAction": "A", "syscalls": [{"names": ["a"], "action": "B", "includes": {"caps": ["CAP_NO"]}}]}"#,
                "CAP_NO"
            ),
            (
                #"{"defaultAction": "A", "syscalls": [{"names": ["a"], "action": "B", "includes": {"minKernel": "x"}}]}"#,
                "minKernel: x is no kernel version"
            ),
            (#"{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/x"}"#, "listenerPath"),
        ])
    func mistakes(text: String, message: String) throws {
        let error = #expect(throws: RuntimeError.self) { try profile(text) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
}
