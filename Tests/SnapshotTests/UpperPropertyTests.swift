import Glibc
import Linux
import Model
import ObjectStore
import Testbed
import Testing

@testable import Snapshot

@Suite("What the upper directory says is what the kernel shows")
struct UpperPropertyTests {
    /// More of them, from another seed on, while developing: `VARVE_SEEDS=1000..1400`.
    static let seeds: [UInt64] = {
        guard let text = getenv("VARVE_SEEDS").map({ String(cString: $0) }) else { return Array(1...8) }
        let ends = text.split(separator: ".").compactMap { UInt64($0) }
        return ends.count == 2 ? Array(ends[0]..<ends[1]) : []
    }()

    @Test("after any operations", .enabled(if: isRoot), arguments: seeds)
    func anyOperations(seed: UInt64) throws {
        let fixture = try Fixture()
        var made = RandomOperations(in: try fixture.makeDirectory("base"), seed: seed)
        try made.perform(60)
        var base = try fixture.commit(fixture.directory.file("base"))
        var log = made.log
        for generation in 0..<2 {
            let overlay = try Overlay(over: base, in: fixture, named: "overlay\(generation)")
            for round in 0..<3 {
                var operations = RandomOperations(
                    in: overlay.merged, seed: seed &* 1000 &+ UInt64(generation * 10 + round))
                try operations.perform(25)
                log += ["-- generation \(generation), round \(round)"] + operations.log
                let (claimed, shown) = try overlay.both()
                #expect(
                    claimed == shown,
                    "seed \(seed)\n\(claimed.differences(from: shown))\n\(log.joined(separator: "\n"))")
                if claimed != shown { return }
                try overlay.mountAgain()
            }
            try overlay.unmount()
            let writer = try fixture.store.writer()
            let capture = Capture(
                from: fixture.store, to: writer, index: FileIndex(now: never), isStored: { _, _, _ in false })
            base = try capture.upper(try Files.openDirectory(KernelPath(overlay.upper)), over: base)
            try writer.finish()
        }
        #expect(try fixture.fsck() == "")
    }
}
