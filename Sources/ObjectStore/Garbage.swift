import Linux
import Model

extension ObjectStore {
    /// Of ``garbage()``, what is certain to be nobody's while writers are kept out: what varve writes, and what
    /// git by hand may be writing when it is an hour old.
    /// - Parameter now: seconds since 1970.
    public func abandoned(now: Int64) throws(StoreError) -> [String] {
        var result: [String] = []
        for path in try garbage() {
            if path.hasPrefix("pool/") || TemporaryFile.isName(path.split(separator: "/").last ?? "") {
                result.append(path)
                continue
            }
            // What is left of a pack: the marks that git makes are not empty.
            let mark = "\(path[..<(path.lastIndex(of: ".") ?? path.endIndex)]).promisor"
            let (status, isOurs) = try attempt("look at", path) { () throws(SystemError) in
                (
                    try Files.statusIfPresent(KernelPath("\(root)/\(path)")),
                    try Files.statusIfPresent(KernelPath("\(root)/\(mark)"))?.size == 0
                )
            }
            if let status, isOurs || status.modified.seconds < now - 3600 { result.append(path) }
        }
        return result
    }

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
        return (result + (try locks())).sorted()
    }

    /// Locks of git's on reflogs and on the commit-graph; refs have theirs dealt with when they move.
    private func locks() throws(StoreError) -> [String] {
        try attempt("look for locks", gitDirectory) { () throws(SystemError) in
            var result: [String] = []
            if try Files.exists(KernelPath("\(root)/\(Self.commitGraphLock)")) { result.append(Self.commitGraphLock) }
            try findLocks(in: "git/logs", &result)
            return result
        }
    }

    private static let commitGraphLock = "git/objects/info/commit-graph.lock"

    private func findLocks(in directory: String, _ result: inout [String]) throws(SystemError) {
        let names: [ByteName]
        do throws(SystemError) {
            names = try Files.names(in: try Files.openDirectory(KernelPath("\(root)/\(directory)")))
        } catch {
            // There are no reflogs, or a ref was deleted just now.
            if error.errno == .noEntry { return }
            throw error
        }
        for name in names.compactMap(\.string) {
            let place = "\(directory)/\(name)"
            let kind = try Files.statusIfPresent(KernelPath("\(root)/\(place)"))?.kind
            if kind == .directory { try findLocks(in: place, &result) }
            if kind == .regular, name.hasSuffix(".lock") { result.append(place) }
        }
    }
}
