import CLinux
import CSeccomp
import Glibc
import Linux

extension SeccompProgram {
    /// Nil where there is no filter.
    init?(_ filter: Specification.Seccomp?, cache: SeccompCache?) throws(RuntimeError) {
        guard let filter else { return nil }
        if let cache { self = try cache.program(for: filter) } else { try self.init(compiling: filter) }
    }

    /// Compiles a filter. That takes 5 to 25 ms of processor time for one like Docker's, so see ``SeccompCache``.
    ///
    /// A name that libseccomp knows of no architecture is passed over, as the specification of runtimes has it.
    public init(compiling filter: Specification.Seccomp) throws(RuntimeError) {
        let native = seccomp_arch_native()
        var architectures: [UInt32] = []
        for name in filter.architectures {
            let token = try SeccompWords.architecture(name)
            if token != native { architectures.append(token) }
        }
        flags = 0
        for name in filter.flags { flags |= try SeccompWords.flag(name) }
        let compiler = try SeccompCompiler(filter, besides: architectures)
        for rule in filter.rules { try compiler.add(rule) }
        guard let program = SeccompProgram(bytes: try compiler.exported(), flags: flags) else {
            throw RuntimeError(.refused, "compile seccomp filter", "", "it is longer than the kernel takes")
        }
        instructions = SeccompPrologue(filter, [native] + architectures).instructions + program.instructions
        guard instructions.count <= SeccompProgram.longest else {
            throw RuntimeError(.refused, "compile seccomp filter", "", "it is longer than the kernel takes")
        }
    }
}

/// Owns a filter of libseccomp's while it is being put together.
private final class SeccompCompiler {
    private let context: scmp_filter_ctx
    private let defaultAction: UInt32

    init(_ filter: Specification.Seccomp, besides architectures: [UInt32]) throws(RuntimeError) {
        defaultAction = try SeccompWords.action(filter.defaultAction, errno: filter.defaultErrno)
        guard let context = seccomp_init(defaultAction) else {
            throw RuntimeError(.refused, "compile seccomp filter", filter.defaultAction, "libseccomp does not take it")
        }
        self.context = context
        for token in architectures {
            try check(seccomp_arch_add(context, token), "architecture")
        }
        // A binary tree: half the kernel's work when it is installed, and less for each call after.
        try check(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimization")
    }

    deinit { seccomp_release(context) }

    /// libseccomp returns a negated errno.
    private func check(_ result: Int32, _ subject: @autoclosure () -> String) throws(RuntimeError) {
        if result < 0 && -result != EEXIST {
            throw RuntimeError(.refused, "compile seccomp filter", subject(), "\(Errno(rawValue: -result))")
        }
    }

    func add(_ rule: Specification.Seccomp.Rule) throws(RuntimeError) {
        let action = try SeccompWords.action(rule.action, errno: rule.errno)
        // It would say nothing, and libseccomp refuses it.
        if action == defaultAction { return }
        let conditions = try rule.conditions.map { condition throws(RuntimeError) in try Self.condition(condition) }
        // A rule can look at an argument once: where it is to be looked at more often, each condition alone is enough.
        let isEither = Set(rule.conditions.map(\.index)).count < rule.conditions.count
        for name in rule.names {
            let number = seccomp_syscall_resolve_name(name)
            if number == __NR_SCMP_ERROR { continue }
            for conditions in isEither ? conditions.map({ [$0] }) : [conditions] {
                try check(
                    seccomp_rule_add_array(context, action, number, UInt32(conditions.count), conditions), name)
            }
        }
    }

    private static func condition(_ condition: Specification.Seccomp.Condition) throws(RuntimeError) -> scmp_arg_cmp {
        guard condition.index < 6 else {
            throw RuntimeError(
                .refused, "compile seccomp filter", "argument \(condition.index)", "a call has six, 0 to 5")
        }
        return scmp_arg_cmp(
            arg: condition.index, op: try SeccompWords.comparison(condition.comparison), datum_a: condition.value,
            datum_b: condition.valueTwo)
    }

    func exported() throws(RuntimeError) -> [UInt8] {
        try doing("compile seccomp filter") { () throws(SystemError) in
            let file = Descriptor(owning: try system("make file", "") { varve_memory_file("varve-filter") })
            let result = seccomp_export_bpf(context, file.raw)
            guard result == 0 else { throw SystemError("export", "", Errno(rawValue: -result)) }
            try system("rewind", "") { lseek(file.raw, 0, SEEK_SET) }
            return try file.readAll()
        }
    }
}
