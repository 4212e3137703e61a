import Glibc
import Linux
import Model
import Runtime
import Testbed
import Testing

@Suite("A filter of system calls", .enabled(if: isRoot))
struct SeccompTests {
    let box: Box
    init() throws { box = try Box() }

    typealias Filter = Specification.Seccomp
    typealias Rule = Specification.Seccomp.Rule

    /// Allows all but what the rules say.
    private func filter(_ rules: Rule...) -> Filter {
        var filter = Filter(defaultAction: "SCMP_ACT_ALLOW")
        filter.rules = rules
        return filter
    }

    private func rule(_ names: String..., action: String = "SCMP_ACT_ERRNO", errno: Int32? = nil) -> Rule {
        var rule = Rule(names: names, action: action)
        rule.errno = errno.map { UInt32($0) }
        return rule
    }

    @Test("fails a call with the error that it names, and with EPERM where it names none")
    func errors() throws {
        let filter = filter(
            rule("sethostname", errno: ENOSPC), rule("chmod", "fchmodat", "nosuchcall"),
            rule("umask", action: "SCMP_ACT_LOG"))
        let outcome = try box.sh("hostname other; /bin/busybox chmod 700 /tmp; echo done") { specification in
            specification.linux.seccomp = filter
            specification.process.capabilities = .init(CapabilitySet(bits: .max >> 24 & ~(1 << 24)))
        }
        #expect(outcome.output == "done\n")
        #expect(outcome.errors.contains("No space left on device"), "\(outcome.errors)")
        #expect(outcome.errors.contains("/tmp: Operation not permitted"), "\(outcome.errors)")
    }

    @Test("looks at arguments: all conditions of a rule, or one of several on one argument")
    func conditions() throws {
        var both = rule("kill", errno: EIO)
        both.conditions = [
            .init(index: 0, value: 1, comparison: "SCMP_CMP_EQ"), .init(index: 1, value: 12, comparison: "SCMP_CMP_GE"),
        ]
        var either = rule("kill", errno: ENOSPC)
        either.conditions = [
            .init(index: 1, value: 3, comparison: "SCMP_CMP_EQ"),
            .init(index: 1, value: ~0, valueTwo: 4, comparison: "SCMP_CMP_MASKED_EQ"),
        ]
        let filter = filter(both, either)
        let outcome = try box.sh("for n in 10 12 3 4; do kill -$n 1 2>&1 && echo sent; done") {
            $0.process.arguments[2] = ByteName("trap : 10 12; \($0.process.arguments[2].string ?? "")")
            $0.linux.seccomp = filter
        }
        #expect(
            outcome.lines.map { $0.split(separator: ": ").last ?? "" } == [
                "sent", "Input/output error", "No space left on device", "No space left on device",
            ])
    }

    @Test(
        "kills whoever makes a call that is deadly",
        arguments: ["SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP"])
    func deadly(action: String) throws {
        let filter = filter(rule("sethostname", action: action))
        let outcome = try box.run(["hostname", "other"]) { $0.linux.seccomp = filter }
        #expect(outcome.status == 128 + SIGSYS)
    }

    @Test(
        "is installed for root and for others, with and without the ban on new privileges",
        arguments: [0, 1000], [true, false])
    func installation(uid: UInt32, noNewPrivileges: Bool) throws {
        var filter = filter(rule("mkdir", errno: EIO))
        filter.flags = ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC"]
        let script = "grep -E '^(Seccomp|NoNewPrivs|CapEff|CapPrm)' /proc/self/status; /bin/busybox mkdir /tmp/x"
        let outcome = try box.sh(script) {
            $0.process.user = .init(uid: uid, gid: uid)
            $0.process.noNewPrivileges = noNewPrivileges
            if uid != 0 { $0.process.capabilities = .init(bounding: .standard) }
            $0.linux.seccomp = filter
        }
        let capabilities = uid == 0 ? "00000000a80425fb" : "0000000000000000"
        #expect(
            outcome.lines == [
                "CapPrm:\t\(capabilities)", "CapEff:\t\(capabilities)", "NoNewPrivs:\t\(noNewPrivileges ? 1 : 0)",
                "Seccomp:\t2", "Seccomp_filters:\t1",
            ])
        #expect(
            outcome.errors.contains("Input/output error"), "\(outcome.errors)")
    }

    @Test(
        "holds for the programs of a container's other architecture, too",
        .enabled(if: access("/bin/busybox", X_OK) == 0))
    func architectures() throws {
        var filter = filter(rule("mkdir", errno: EIO))
        filter.architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
        #expect(try box.sh("/bin/busybox mkdir /tmp/x") { $0.linux.seccomp = filter }.status == 1)
    }

    @Test("that forbids what a start needs ends the start, and nothing runs")
    func failsClosed() throws {
        let filter = filter(rule("capset"))
        let error = #expect(throws: RuntimeError.self) {
            try box.sh("echo ran >/tmp/ran") { $0.linux.seccomp = filter }
        }
        #expect(error?.operation == "set container capabilities" && error?.kind == .failed)
        #expect(try !Files.exists(KernelPath(box.directory.file("upper1/tmp/ran"))))
    }

    @Test("in words that nobody knows is refused by them")
    func refusals() throws {
        func refusal(_ change: (inout Filter) -> Void) -> String? {
            var filter = filter(rule("mkdir"))
            change(&filter)
            let error = #expect(throws: RuntimeError.self) { try SeccompProgram(compiling: filter) }
            #expect(error?.kind == .refused)
            return error?.subject
        }
        #expect(refusal { $0.defaultAction = "SCMP_ACT_MAYBE" } == "SCMP_ACT_MAYBE")
        #expect(refusal { $0.defaultAction = "SCMP_ACT_NOTIFY" } == "SCMP_ACT_NOTIFY")
        #expect(refusal { $0.rules[0].action = "SCMP_ACT_NOTIFY" } == "SCMP_ACT_NOTIFY")
        #expect(refusal { $0.rules[0].errno = 70000 } == "errnoRet 70000")
        #expect(refusal { ($0.rules[0].action, $0.rules[0].errno) = ("SCMP_ACT_KILL", 1) } == "errnoRet")
        #expect(refusal { $0.architectures = ["SCMP_ARCH_PDP11"] } == "SCMP_ARCH_PDP11")
        #expect(refusal { $0.architectures = ["x86"] } == "x86")
        #expect(refusal { $0.flags = ["SECCOMP_FILTER_FLAG_NOSUCH"] } == "SECCOMP_FILTER_FLAG_NOSUCH")
        #expect(
            refusal { $0.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"] }
                == "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV")
        #expect(
            refusal { $0.rules[0].conditions = [.init(index: 0, value: 0, comparison: "SCMP_CMP_LIKE")] }
                == "SCMP_CMP_LIKE")
        #expect(
            refusal { $0.rules[0].conditions = [.init(index: 6, value: 0, comparison: "SCMP_CMP_EQ")] } == "argument 6")
    }

    @Test("is compiled once, and again where its file is damaged")
    func cache() throws {
        let directory = box.directory.file("filters")
        let cache = SeccompCache(directory: directory)
        let filter = filter(rule("mkdir", errno: EIO))
        let compiled = try cache.program(for: filter)
        #expect(try compiled == SeccompProgram(compiling: filter))
        func names() throws -> [ByteName] { try Files.names(in: Files.openDirectory(KernelPath(directory))) }
        let name = try #require(try names().first?.string)
        let whole = try Files.contentsIfPresent("\(directory)/\(name)")
        let damages: [([UInt8]) -> [UInt8]] = [
            { _ in [] }, { Array($0.dropLast()) }, { [UInt8](repeating: 0, count: $0.count) },
            { $0.enumerated().map { $0 == 9 ? ~$1 : $1 } },
        ]
        for damage in damages {
            try Files.replace("\(directory)/\(name)", with: damage(try #require(whole)), isDurable: false)
            #expect(try cache.program(for: filter) == compiled)
            #expect(try Files.contentsIfPresent("\(directory)/\(name)") == whole)
        }
        // What is read is what was kept, and not compiled: a file of another filter shows.
        let other = try cache.program(for: self.filter(rule("rmdir")))
        let otherName = try #require(try names().first { $0.string != name }?.string)
        try Files.rename(KernelPath("\(directory)/\(otherName)"), to: KernelPath("\(directory)/\(name)"))
        #expect(try cache.program(for: filter) == other)
        #expect(try names().count == 1)
    }

    @Test("works where its cache can't be written")
    func readOnlyCache() throws {
        try box.write("file", "")
        let filter = filter(rule("mkdir"))
        #expect(
            try SeccompCache(directory: "/proc/none").program(for: filter) == SeccompProgram(compiling: filter))
    }
}
