import CSeccomp
import Glibc

/// What stands before a filter that forbids by default: a call newer than all that it names fails with ENOSYS, as on a
/// kernel that does not have it, so that programs fall back to what they did before. (runc does the same.)
struct SeccompPrologue {
    private(set) var instructions: [SeccompProgram.Instruction] = []

    /// The bit in the number of x32's calls (asm/unistd.h).
    private static let x32Bit: UInt32 = 0x4000_0000
    private static let returnENOSYS = SeccompProgram.Instruction(code: 0x06, value: varve_action_errno(UInt32(ENOSYS)))

    /// - Parameter architectures: libseccomp's tokens of all that the filter is for.
    init(_ filter: Specification.Seccomp, _ architectures: [UInt32]) {
        let isENOSYS = filter.defaultAction == "SCMP_ACT_ERRNO" && filter.defaultErrno == UInt32(ENOSYS)
        if SeccompWords.isPermissive(filter.defaultAction) || isENOSYS { return }
        let x32 = seccomp_arch_resolve_name("x32")
        let x86 = seccomp_arch_resolve_name("x86_64")
        for token in architectures where token != x32 {
            guard let newest = Self.newest(filter, token) else { continue }
            var section = [Self.load(offset: 0)]
            if token == x86 {
                // x32's calls pass for the same architecture's.
                let last = architectures.contains(x32) ? Self.newest(filter, x32) : nil
                section += Self.refusal(above: newest, below: Self.x32Bit)
                if let last { section += Self.refusal(above: last) }
            } else {
                section += Self.refusal(above: newest)
            }
            // Over the section where the architecture is another.
            let isOther = SeccompProgram.Instruction(code: 0x15, skipIfFalse: UInt8(section.count), value: token)
            instructions += [Self.load(offset: 4), isOther] + section
        }
    }

    /// The greatest number of a call that is named.
    private static func newest(_ filter: Specification.Seccomp, _ token: UInt32) -> UInt32? {
        // Negative numbers stand for calls that the architecture does not have.
        filter.rules.lazy.flatMap(\.names).map { seccomp_syscall_resolve_name_arch(token, $0) }.filter { $0 >= 0 }.max()
            .map { UInt32($0) }
    }

    /// `ld [offset]` of `struct seccomp_data`: 0 is the call's number, 4 the architecture.
    private static func load(offset: UInt32) -> SeccompProgram.Instruction {
        SeccompProgram.Instruction(code: 0x20, value: offset)
    }

    /// Returns ENOSYS for a number above `newest`, and below `end` where there is one.
    private static func refusal(above newest: UInt32, below end: UInt32? = nil) -> [SeccompProgram.Instruction] {
        var result = [SeccompProgram.Instruction(code: 0x25, skipIfFalse: end == nil ? 1 : 2, value: newest)]
        if let end { result.append(SeccompProgram.Instruction(code: 0x35, skipIfTrue: 1, value: end)) }
        return result + [returnENOSYS]
    }
}
