import Edges
import Glibc
import Linux
import Model

/// Small inputs, by edge: made by real tools, or found by fuzzing (Tests/Corpus/README.md).
enum Corpus {
    static func inputs(of edge: Edge) throws -> [(name: String, bytes: [UInt8])] {
        let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let directory = try Files.openDirectory(KernelPath("/\(tests)/Corpus/\(edge.rawValue)"))
        return try Files.names(in: directory).sorted().map { name in
            let file = try Files.open(
                KernelPath(relative: BytePath([name])), in: directory.reference, flags: O_RDONLY)
            return (name.displayed, try file.readAll())
        }
    }
}
