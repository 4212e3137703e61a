import Linux
import Model

extension ObjectStore {
    /// The objects in packs, with the bytes of packs and indexes, and the bodies in the pool; bytes on the disk.
    public func usage() throws(StoreError) -> (objects: Amount, bodies: Amount) {
        let directory = try openPackDirectory()
        let reference = directory.reference
        var (objects, bodies) = (Amount(), Amount())
        for name in try PackListing(directory).names {
            objects.count += try PackIndex("\(name).idx", in: directory)?.count ?? 0
            for suffix in [".pack", ".idx"] {
                let status = try attempt("look at pack", name) { () throws(SystemError) in
                    try Files.statusIfPresent(KernelPath(name + suffix), in: reference)
                }
                objects.bytes += (status?.blocks ?? 0) * 512
            }
        }
        for id in try pool.ids(prefix: "") {
            if let status = try pool.status(id) { bodies.add(status.blocks * 512) }
        }
        return (objects, bodies)
    }
}
