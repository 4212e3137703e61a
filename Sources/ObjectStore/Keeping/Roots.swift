import CGit2
import Linux
import Model

extension ObjectStore {
    /// The commits that refs and reflogs name: all that a collection keeps, but for what containers need. The operation
    /// log is among them, and mentions what an undo needs. A commit that only a reflog names and that is lost is left
    /// out: nothing more can be lost of it.
    /// - Parameter expiry: what is to be taken for forgotten.
    public func roots(expiry: LogExpiry? = nil) throws(StoreError) -> [ObjectID] {
        var roots: Set<ObjectID> = []
        for ref in try refs(prefix: "refs/") {
            roots.insert(ref.id)
            for entry in try movements(of: ref.name) where expiry?.covers(entry) != true {
                for id in [entry.old, entry.new] {
                    if let id, !roots.contains(id), try contains(id) { roots.insert(id) }
                }
            }
        }
        return roots.sorted()
    }

    /// The commits whose parents are forgotten (gitrepository-layout(5), "shallow"): the newest operation that was
    /// expired, if any was, and those that operations which were not have taken back.
    public func forgottenParents() throws(StoreError) -> Set<ObjectID> {
        let bytes = try attempt("read", "shallow") { () throws(SystemError) in
            try Files.contentsIfPresent("\(gitDirectory)/shallow")
        }
        guard let bytes else { return [] }
        var result: Set<ObjectID> = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let id = ObjectID(hex: String(decoding: line, as: UTF8.self)) else {
                throw StoreError("read", "shallow", .corrupt("a line is no id"))
            }
            result.insert(id)
        }
        return result
    }
}
