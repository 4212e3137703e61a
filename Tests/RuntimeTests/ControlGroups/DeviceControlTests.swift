import Glibc
import Linux
import Model
@testable import Runtime
import Testbed
import Testing

/// What a container may do with devices, where its control group says so.
@Suite("A container's devices", .enabled(if: isRoot))
struct DeviceControlTests {
    let box: Box
    init() throws { box = try Box() }

    /// Devices without a driver: EPERM is the filter's answer, ENXIO that it let the process through.
    private static let script = """
        mknod /tmp/c c 300 5 && mknod /tmp/null c 1 3 && echo made
        echo 2>/dev/null >/tmp/null && echo null
        (cat /tmp/c) 2>&1; (echo >/tmp/c) 2>&1
        head -c 1 /dev/zero | wc -c
        """

    private func run(_ rules: [Specification.DeviceRule], _ script: String = script) throws -> [String] {
        let outcome = try box.sh(script) {
            $0.linux.cgroupsPath = Box.groupPath("devices")
            $0.linux.resources.devices = rules
        }
        return outcome.lines
    }

    private static let denied = "cat: can't open '/tmp/c': Operation not permitted"
    private static let deniedWriting = "sh: can't create /tmp/c: Operation not permitted"
    private static let absent = "cat: can't open '/tmp/c': No such device or address"
    private static let absentWriting = "sh: can't create /tmp/c: No such device or address"

    @Test("can be made, and only the default ones opened, wherever they are")
    func defaults() throws {
        let expected = ["made", "null", Self.denied, Self.deniedWriting, "1"]
        #expect(try run([]) == expected)
        #expect(try run([.init(allows: false)]) == expected)
    }

    @Test("can be opened as the rules say, the later ones before the earlier")
    func rules() throws {
        let reads = Specification.DeviceRule(allows: true, kind: .character, major: 300, access: [.read])
        #expect(
            try run([.init(allows: false), reads]) == ["made", "null", Self.absent, Self.deniedWriting, "1"])
        #expect(try run([.init(allows: true)]) == ["made", "null", Self.absent, Self.absentWriting, "1"])
        let noZero = Specification.DeviceRule(allows: false, kind: .character, major: 1, minor: 5)
        #expect(
            try run([.init(allows: false), reads, noZero])
                == ["made", "null", Self.absent, Self.deniedWriting, "0"])
        let makes = Specification.DeviceRule(allows: false, access: [.make])
        #expect(try run([makes], "mknod /tmp/c c 300 5 || echo refused") == ["refused"])
    }

    @Test("are opened by mounts too that have them, where the group controls them")
    func mounts() throws {
        let outcome = try box.sh("cat /proc/self/mountinfo") { $0.linux.cgroupsPath = Box.groupPath("devices") }
        let root = outcome.lines.first { $0.split(separator: " ")[4] == "/" }
        #expect(root?.contains("nodev") == false)
        #expect(outcome.lines.count { $0.contains(" /dev/") } == 3, "a device is a mount of its own")
    }

    @Test("that only mounts keep from use are refused rules that these can't carry out")
    func withoutGroup() throws {
        let reads = Specification.DeviceRule(allows: true, kind: .character, major: 300, access: [.read])
        let error = #expect(throws: RuntimeError.self) {
            try box.sh("true") { $0.linux.resources.devices = [.init(allows: false), reads] }
        }
        #expect(error?.kind == .refused)
        #expect(error?.subject == "linux.resources.devices")
        #expect(try box.sh("true") { $0.linux.resources.devices = [.init(allows: false)] }.status == 0)
    }
}
