import CCap
import Glibc
import Linux

extension CapabilitySet {
    /// What this process can give to others: what it may use itself and has in its bounding set. On a kernel that
    /// lacks a capability nobody has it.
    public static func available() throws(RuntimeError) -> CapabilitySet {
        guard let own = cap_get_proc() else {
            throw RuntimeError("read capabilities", "", SystemError("read", "", .last))
        }
        defer { cap_free(UnsafeMutableRawPointer(own)) }
        var set: CapabilitySet = []
        for number in 0..<cap_value_t(64) where cap_get_bound(number) == 1 {
            var isPermitted = CAP_CLEAR
            // Numbers that libcap does not know are left out by it.
            guard cap_get_flag(own, number, CAP_PERMITTED, &isPermitted) == 0, isPermitted == CAP_SET else { continue }
            set.bits |= 1 << UInt64(number)
        }
        return set
    }

    /// - Parameter name: with or without `CAP_`, in either case, as engines take it.
    public init(named name: String) throws(RuntimeError) {
        let upper = name.uppercased()
        do throws(RuntimeError) { try self.init(names: [upper.hasPrefix("CAP_") ? upper : "CAP_\(upper)"]) } catch {
            throw RuntimeError(error.kind, error.operation, name, error.cause)
        }
    }

    public func union(_ other: CapabilitySet) -> CapabilitySet { CapabilitySet(bits: bits | other.bits) }

    public func subtracting(_ other: CapabilitySet) -> CapabilitySet { CapabilitySet(bits: bits & ~other.bits) }
}
