import Linux
import Model
import Testbed
import Testing

@testable import Engine

@Suite("Ids for user namespaces")
struct IDPoolTests {
    private let pool = IDPool(ranges: [100..<400, 1000..<1500])

    @Test("are the first that nobody has")
    func first() throws {
        func host(_ size: UInt32, _ taken: [(UInt32, UInt32)]) throws -> UInt32 {
            try pool.range(of: size, besides: taken.map { IDRange(container: 0, host: $0.0, size: $0.1) }).host
        }
        #expect(try host(100, []) == 100)
        #expect(try host(100, [(100, 100)]) == 200)
        #expect(try host(100, [(200, 50), (100, 1)]) == 250)
        #expect(try host(100, [(300, 100), (50, 60), (110, 150)]) == 1000)
        #expect(try host(300, [(0, 5), (400, 5)]) == 100)
        #expect(try host(301, []) == 1000)
        #expect(try host(500, [(1500, 10), (999, 1)]) == 1000)
        #expect(throws: EngineError.self) { try host(1, [(0, .max)]) }
        #expect(throws: EngineError.self) { try host(501, []) }
        #expect(throws: EngineError.self) { try host(.max, []) }
    }

    @Test("are those set aside for containers in both files, else a part of the host's that no user has")
    func setAside() throws {
        let directory = try TemporaryDirectory("ids")
        func pool(_ users: String?, _ groups: String?) throws -> [Range<UInt64>] {
            let files = try [("u", users), ("g", groups)].map { name, text in
                if let text { try Files.replace(directory.file(name), with: Array(text.utf8), isDurable: false) }
                return directory.file(text == nil ? "none" : name)
            }
            return try IDPool.current(users: files[0], groups: files[1]).ranges
        }
        #expect(try pool(nil, nil) == [0x4000_0000..<0x6000_0000])
        #expect(try pool("ann:100000:65536\n", "ann:100000:65536\n") == [0x4000_0000..<0x6000_0000])
        #expect(try pool("containers:1000:500\n", "containers:1200:500\n") == [1200..<1500])
        #expect(
            try pool("containers:1000:500\ncontainers:9000:10", "containers:0:5000\n#\ncontainers:1:5000") == [
                1000..<1500
            ])
        #expect(try pool("containers:1000:500\n", nil) == [])
        #expect(try pool("containers:4294967295:1\ncontainers:x:1\ncontainers:5\n", "containers:1:1") == [])
    }
}
