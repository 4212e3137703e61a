import Glibc
import Linux
import Model
import Testbed

/// The built `varve`, which stands beside the test bundle.
enum Program {
    /// The directory that holds it.
    static var directory: String {
        get throws {
            let own = String(decoding: try Files.readLink("/proc/self/exe"), as: UTF8.self)
            for start in [own, CommandLine.arguments.first ?? "", ".build/debug/varve"] {
                var path = start[...]
                // From `swift test` on macOS-like layouts the bundle is deeper, so all that lie above are looked at.
                while let slash = path.lastIndex(of: "/") {
                    path = path[..<slash]
                    if access("\(path)/varve", X_OK) == 0,
                        try Files.status(KernelPath("\(path)/varve")).kind == .regular
                    {
                        return String(path)
                    }
                }
            }
            throw SystemError("find program", "varve", .noEntry)
        }
    }

    /// The C compiler of the Swift toolchain, which built the tests.
    static var compiler: String {
        get throws {
            let found = try run(["sh", "-c", "command -v clang || command -v cc"]).text
            return String(found.prefix { $0 != "\n" })
        }
    }
}
