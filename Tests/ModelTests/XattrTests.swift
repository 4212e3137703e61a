import Model
import Testing

@Suite("Extended attributes that a file can have")
struct XattrTests {
    private func isTaken(_ name: ByteName, _ size: Int = 1, on kind: FileKind = .regular) -> Bool {
        let xattr = ExtendedAttribute(name: name, value: [UInt8](repeating: 7, count: size))
        return Attributes(kind: kind, permissions: 0o644, xattrs: [xattr]).xattrProblem == nil
    }

    @Test("are in the kernel's namespaces, and not longer than it and EROFS take")
    func names() {
        for name: ByteName in ["user.a", "trusted.a", "security.a", "trusted.overlay.a", "system.posix_acl_access"] {
            #expect(isTaken(name), "\(name)")
        }
        for name: ByteName in [
            "", "user", "user.", "com.apple.provenance", "system.nfs4_acl", "system.posix_acl_access2", "User.a",
            "user.a\u{0}b", "btrfs.compression",
        ] { #expect(!isTaken(name), "\(name)") }
        let long = { (count: Int) in String(repeating: "n", count: count) }
        #expect(isTaken(ByteName("user." + long(250))))
        #expect(!isTaken(ByteName("user." + long(251))))
        #expect(isTaken(ByteName("trusted.overlay." + long(231))))
        #expect(!isTaken(ByteName("trusted.overlay." + long(232))))
        #expect(isTaken("user.a", 65_535))
        #expect(!isTaken("user.a", 65_536))
        #expect(isTaken("user.a", 0))
    }

    @Test("are such as the kernel takes on the file's kind")
    func kinds() {
        for kind in FileKind.allCases {
            #expect(isTaken("user.a", on: kind) == (kind == .regular || kind == .directory))
            #expect(isTaken("system.posix_acl_access", on: kind) == (kind != .symlink))
            #expect(isTaken("system.posix_acl_default", on: kind) == (kind == .directory))
            #expect(isTaken("security.selinux", on: kind))
        }
    }

    @Test("fill what there is room for, and no byte more")
    func total() {
        func problem(_ last: Int) -> String? {
            let sizes = [65_531, 65_531, 65_531, last]
            let xattrs = sizes.enumerated().map {
                ExtendedAttribute(name: ByteName("user.\($0.offset)"), value: [UInt8](repeating: 7, count: $0.element))
            }
            return Attributes(kind: .regular, permissions: 0o644, xattrs: xattrs).xattrProblem
        }
        // 12, and 4 for each entry, 1 for each name.
        #expect(problem(262_064 - 12 - 3 * 65_536 - 5) == nil)
        #expect(problem(262_064 - 12 - 3 * 65_536 - 4) != nil)
    }
}
