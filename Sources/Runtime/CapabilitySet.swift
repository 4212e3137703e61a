import CCap

/// A set of capabilities (capabilities(7)), all 64 bits of it.
public struct CapabilitySet: Hashable, Sendable {
    /// Bit n is capability number n.
    public var bits: UInt64

    public init(bits: UInt64) { self.bits = bits }

    /// - Parameter names: `CAP_CHOWN` and so on, as libcap knows them.
    public init(names: [String]) throws(RuntimeError) {
        bits = 0
        for name in names { bits |= 1 << UInt64(try CapabilitySet.number(of: name)) }
    }

    private static func number(of name: String) throws(RuntimeError) -> Int32 {
        // libcap takes numbers and any case too; a specification's names are neither.
        var number: cap_value_t = 0
        guard name.hasPrefix("CAP_"), name == name.uppercased(), cap_from_name(name, &number) == 0,
            (0..<64).contains(number)
        else { throw RuntimeError(.refused, "set capabilities", name, "no such capability") }
        return number
    }

    /// The names, in the order of the numbers. Numbers that libcap has no name for have none.
    public var names: [String] {
        (0..<64).compactMap { number in
            guard bits >> UInt64(number) & 1 == 1, let name = cap_to_name(cap_value_t(number)) else { return nil }
            defer { cap_free(name) }
            return String(cString: name).uppercased()
        }
    }

    /// What Docker gives a container: CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP,
    /// NET_BIND_SERVICE, NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE and SETFCAP.
    public static let standard = CapabilitySet(bits: 0xa804_25fb)
}

extension CapabilitySet: ExpressibleByArrayLiteral {
    /// The numbers of capabilities.
    public init(arrayLiteral numbers: Int...) {
        bits = numbers.reduce(0) { $0 | 1 << UInt64($1) }
    }
}
