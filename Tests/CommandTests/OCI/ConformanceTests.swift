import Testbed
import Testing

@Suite("varve as an OCI runtime", .enabled(if: isRoot))
struct ConformanceTests {
    /// Of this repository.
    private static let script =
        #filePath.split(separator: "/").dropLast(4).map { "/\($0)" }.joined() + "/scripts/conformance"

    @Test("does in each state what the specification says, runs hooks, and tells errors as engines read them")
    func conforms() throws {
        let runtime = "\(try Program.directory)/varve oci"
        let result = try run(["bash", Self.script], environment: ["RUNTIME": runtime, "SWIFT_BACKTRACE": "enable=no"])
        let wrong = result.text.split(separator: "\n").filter { !$0.hasPrefix("ok ") }
        #expect(result.status == 0, "\(wrong.joined(separator: "\n"))\n\(result.errors)")
        #expect(wrong.count == 1, "something is skipped: \(wrong)")
    }
}
