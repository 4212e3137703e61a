/// A compiled filter of system calls, ready for seccomp(2).
public struct SeccompProgram: Hashable, Sendable {
    /// One instruction of the kernel's filter machine (`struct sock_filter`, linux/filter.h).
    struct Instruction: Hashable, Sendable {
        var code: UInt16
        /// How many instructions to skip where the comparison holds, and where not.
        var skipIfTrue: UInt8 = 0
        var skipIfFalse: UInt8 = 0
        var value: UInt32
    }

    var instructions: [Instruction]
    /// SECCOMP_FILTER_FLAG_* (linux/seccomp.h).
    var flags: UInt32

    /// What the kernel takes (BPF_MAXINSNS).
    static let longest = 4096

    /// How many bytes an instruction has in memory and in files.
    static let stride = 8

    init(instructions: [Instruction], flags: UInt32) {
        self.instructions = instructions
        self.flags = flags
    }

    /// The instructions as the machine holds them; nil where the bytes are no whole number of instructions, or of none,
    /// or of more than the kernel takes.
    init?(bytes: [UInt8], flags: UInt32) {
        let count = bytes.count / SeccompProgram.stride
        guard bytes.count % SeccompProgram.stride == 0, (1...SeccompProgram.longest).contains(count) else { return nil }
        instructions = bytes.withUnsafeBytes { buffer in
            (0..<count).map { index in
                let offset = index * SeccompProgram.stride
                return Instruction(
                    code: buffer.loadUnaligned(fromByteOffset: offset, as: UInt16.self),
                    skipIfTrue: buffer[offset + 2], skipIfFalse: buffer[offset + 3],
                    value: buffer.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
            }
        }
        self.flags = flags
    }

    /// What ``init(bytes:flags:)`` reads.
    var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(instructions.count * SeccompProgram.stride)
        for instruction in instructions {
            withUnsafeBytes(of: instruction.code) { result += $0 }
            result += [instruction.skipIfTrue, instruction.skipIfFalse]
            withUnsafeBytes(of: instruction.value) { result += $0 }
        }
        return result
    }
}
