import Glibc
import Linux
import Model
import ObjectStore
import Testbed

@testable import Snapshot

/// A real overlayfs mount over a tree, to ask what the kernel shows.
final class Overlay {
    let fixture: Fixture
    let base: ObjectID
    let upper: String
    let merged: String
    private let options: String
    private var isMounted = false

    init(over base: ObjectID, in fixture: Fixture, named name: String = "overlay") throws {
        self.fixture = fixture
        self.base = base
        let top = try fixture.makeDirectory(name)
        let lower = try fixture.materialize(base, as: "\(name)/lower", for: .overlayLayer)
        (upper, merged) = ("\(top)/upper", "\(top)/merged")
        for part in [upper, "\(top)/work", merged] { try Files.makeDirectory(KernelPath(part)) }
        let root = try fixture.store.directory(base).attributes
        try Materialize.apply(
            root, to: "upper", in: try Files.openDirectory(KernelPath(top)), for: .overlayLayer)
        options = "lowerdir=\(lower),upperdir=\(upper),workdir=\(top)/work,metacopy=on,redirect_dir=on,index=off"
        try mountAgain()
    }

    deinit { if isMounted { umount2(merged, Int32(MNT_DETACH)) } }

    func unmount() throws {
        guard isMounted else { return }
        // A program that another test starts holds this one's open files for a moment, until its exec.
        for _ in 0..<500 {
            if umount2(merged, 0) == 0 {
                isMounted = false
                return
            }
            guard Errno.last == .busy else { break }
            usleep(10_000)
        }
        throw SystemError("unmount", merged, .last)
    }

    /// Drops what the kernel has in memory of the overlay.
    func mountAgain() throws {
        try unmount()
        try system("mount", merged) { mount("overlay", merged, "overlay", 0, options) }
        isMounted = true
    }

    /// What the upper directory says, and what the kernel shows.
    func both(leavingOut: Set<BytePath> = []) throws -> (upper: Flat, merged: Flat) {
        let objects = ScratchObjects(over: fixture.store)
        let claimed = try captureUpper(upper, over: base, in: objects, leavingOut: leavingOut)
        let shown = try capture(merged, to: objects, from: objects)
        return (try Flat(claimed, in: objects), try Flat(shown, in: objects))
    }
}
