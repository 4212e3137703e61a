import Linux
import Model

extension ObjectStore {
    /// Files, relative to the root, that killed processes left and that nothing looks at. A process that is
    /// writing now has such files too: who removes them must leave young ones alone.
    public func garbage() throws(StoreError) -> [String] {
        var result = try pool.names(in: Pool.temporaries).map { "pool/\(Pool.temporaries)/\($0)" }
        let directory = try openPackDirectory()
        let names: [ByteName]
        do throws(SystemError) { names = try Files.names(in: directory) } catch {
            throw StoreError("list packs", "", .system(error))
        }
        let all = Set(names)
        for name in names {
            guard let text = name.string else { continue }
            let isOrphan =
                (text.hasSuffix(".pack") && !all.contains(ByteName("\(text.dropLast(5)).idx")))
                || (text.hasSuffix(".promisor") && !all.contains(ByteName("\(text.dropLast(9)).idx")))
            if text.hasPrefix("tmp_") || isOrphan { result.append("git/objects/pack/\(text)") }
        }
        return result.sorted()
    }
}
