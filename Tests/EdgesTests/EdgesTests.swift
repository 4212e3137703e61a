import Edges
import Testbed
import Testing

/// `scripts/fuzz` tries the same for longer, and goes by what code is reached.
@Suite("Edges", .serialized)
struct EdgesTests {
    @Test("take the inputs of real tools and what was found once", arguments: Edge.allCases)
    func corpus(edge: Edge) throws {
        let inputs = try Corpus.inputs(of: edge)
        try #require(!inputs.isEmpty)
        var accepted = 0
        for (name, bytes) in inputs {
            do { if try edge.take(bytes) { accepted += 1 } } catch { Issue.record("\(name): \(error)") }
        }
        #expect(accepted > 0)
    }

    @Test("refuse damaged inputs, or take them whole", arguments: Edge.allCases)
    func mutations(edge: Edge) throws {
        let inputs = try Corpus.inputs(of: edge).map(\.bytes)
        var random = SplitMix(seed: 15)
        for round in 0..<400 {
            let bytes = Mutation.of(inputs, using: &random)
            do { try edge.take(bytes) } catch { Issue.record("round \(round): \(error)") }
        }
    }
}
