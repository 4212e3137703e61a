import CLinux
import Model

/// The instructions that a filter's rules become (Documentation/bpf/standardization/instruction-set.rst).
///
/// From the last rule to the first: one that speaks of the device and forbids some of what is still open ends it; one that
/// allows some of it closes that, and when nothing is open any more, all is allowed. One for every kind of access answers
/// at once: the fewer ways there are through the program, the less has the kernel to verify.
extension DeviceFilter {
    var program: [varve_instruction] {
        var program = DeviceFilter.prologue
        for rule in rules.reversed() {
            program += rule.instructions
            // What lies before a rule for everything never counts, and the kernel takes nothing that can't be reached.
            if rule.isOfEverything { return program }
        }
        return program + DeviceFilter.answer(false)
    }

    /// Where things are while it runs.
    fileprivate enum Register: UInt8 {
        case answer = 0, context, kind, open, major, minor, scratch
    }

    /// Reads the context: the kind in the lower half and the access in the upper half of its first word, major, minor.
    /// Asking for nothing is allowed.
    private static var prologue: [varve_instruction] {
        [
            .load(.kind, offset: 0), .move(.open, from: .kind), .and(.kind, 0xffff), .shiftRight(.open, 16),
            .load(.major, offset: 4), .load(.minor, offset: 8), .skip(2, unless: .open, is: 0),
        ] + answer(true)
    }

    fileprivate static func answer(_ isYes: Bool) -> [varve_instruction] { [.set(.answer, isYes ? 1 : 0), .exit] }
}

extension DeviceFilter.Rule {
    fileprivate var instructions: [varve_instruction] {
        let then = access == .all ? DeviceFilter.answer(allows) : allows ? allowing : forbidding
        var conditions: [(DeviceFilter.Register, Int32)] = []
        // BPF_DEVCG_DEV_BLOCK, BPF_DEVCG_DEV_CHAR
        if let kind { conditions.append((.kind, kind == .blockDevice ? 1 : 2)) }
        if let major { conditions.append((.major, Int32(bitPattern: major))) }
        if let minor { conditions.append((.minor, Int32(bitPattern: minor))) }
        var checks: [varve_instruction] = []
        for (index, condition) in conditions.enumerated() {
            let rest = conditions.count - index - 1 + then.count
            checks.append(.skip(Int16(rest), unless: condition.0, is: condition.1))
        }
        return checks + then
    }

    private var allowing: [varve_instruction] {
        [.and(.open, ~Int32(access.rawValue)), .skip(2, unless: .open, is: 0), .set(.answer, 1), .exit]
    }

    private var forbidding: [varve_instruction] {
        [
            .move(.scratch, from: .open), .and(.scratch, Int32(access.rawValue)), .skip(2, when: .scratch, is: 0),
            .set(.answer, 0), .exit,
        ]
    }
}

extension varve_instruction {
    private init(
        _ code: UInt8, _ target: DeviceFilter.Register, from source: DeviceFilter.Register = .answer,
        skipping: Int16 = 0,
        _ value: Int32 = 0
    ) {
        self.init(code: code, registers: target.rawValue | source.rawValue << 4, offset: skipping, immediate: value)
    }

    /// A word of 32 bits of the context.
    fileprivate static func load(_ target: DeviceFilter.Register, offset: Int16) -> Self {
        Self(0x61, target, from: .context, skipping: offset)
    }
    fileprivate static func move(_ target: DeviceFilter.Register, from source: DeviceFilter.Register) -> Self {
        Self(0xbc, target, from: source)
    }
    // All of these work on 32 bits: numbers of devices can have the highest one set.
    fileprivate static func set(_ target: DeviceFilter.Register, _ value: Int32) -> Self { Self(0xb4, target, value) }
    fileprivate static func and(_ target: DeviceFilter.Register, _ value: Int32) -> Self { Self(0x54, target, value) }
    fileprivate static func shiftRight(_ target: DeviceFilter.Register, _ count: Int32) -> Self {
        Self(0x74, target, count)
    }
    fileprivate static func skip(_ count: Int16, unless register: DeviceFilter.Register, is value: Int32) -> Self {
        Self(0x56, register, skipping: count, value)
    }
    fileprivate static func skip(_ count: Int16, when register: DeviceFilter.Register, is value: Int32) -> Self {
        Self(0x16, register, skipping: count, value)
    }
    fileprivate static var exit: Self { Self(0x95, .answer) }
}
