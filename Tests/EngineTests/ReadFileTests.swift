@testable import Engine
import Model
import ObjectStore
import Testbed
import Testing

@Suite("Reading a container's files", .enabled(if: isRoot))
struct ReadFileTests {
    @Test("a file that the container changes while it is read is not handed over as what it was")
    func changed() throws {
        let rig = try Rig()
        let container = try rig.container("c")
        let path = "\(try rig.upper(container))/big"
        let text = String(repeating: "0123456789abcdef", count: 1 << 16)
        try Rig.write(path, text)
        let place = try #require(BytePath(parsing: "/big".utf8))
        var read: [UInt8] = []
        try rig.repository.readFile("c", place) { read += $0 }
        #expect(read == Array(text.utf8))
        #expect {
            try rig.repository.readFile("c", place) { _ in
                try run(["dd", "if=/dev/zero", "of=\(path)", "bs=1", "count=1", "seek=1000000", "conv=notrunc"])
            }
        } throws: {
            if let error = $0 as? StoreError, case .changed = error.cause { true } else { false }
        }
    }
}
