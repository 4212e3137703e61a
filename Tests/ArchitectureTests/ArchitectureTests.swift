import Testbed
import Testing

@Suite("Architecture")
struct ArchitectureTests {
    @Test(
        "every source file imports along the arrows, and only the command line prints, reads the environment or exits")
    func sources() throws {
        let files = try sourceFiles()
        try #require(files.contains { $0.module == "Model" }, "the sources were not found")
        for file in files {
            let text = try run(["cat", "\(packageRoot)/\(file.path)"]).text
            for violation in Rules.varve.violations(in: text, path: file.path, module: file.module) {
                Issue.record("\(violation)")
            }
        }
    }

    @Test(
        "a forbidden line is found",
        arguments: [
            ("Model", "import Linux"),
            ("Linux", "import Snapshot"),
            ("Erofs", "import ObjectStore"),
            ("ObjectStore", "import Snapshot"),
            ("Runtime", "import Images"),
            ("Images", "import CGit2"),
            ("Erofs", "import CLinux"),
            ("Engine", "import CGit2"),
            ("Engine", "import varve"),
            ("varve", "import CGit2"),
            ("Model", "import Foundation"),
            ("varve", "import FoundationEssentials"),
            ("Model", "@testable import Linux"),
            ("Model", "public import struct Linux.Descriptor"),
            ("Model", "let a = 1; import Linux"),
            ("Model", "/* a /* nested */ comment */ import Linux"),
            ("Model", "let quote = #\"\"\"#\nimport Linux"),
            ("Engine", "print(1)"),
            ("Engine", "Swift.print(1)"),
            ("Engine", "let a = \"\\(getenv(\"HOME\"))\""),
            ("Runtime", "Glibc.exit(1)"),
            ("Linux", "FileHandle.standardError"),
            ("Nowhere", ""),
        ])
    func found(module: String, text: String) {
        #expect(Rules.varve.violations(in: text, path: "a.swift", module: module).count == 1)
    }

    @Test(
        "an innocent line is not",
        arguments: [
            ("Model", "import Glibc"),
            ("Linux", "import CLinux\nimport Model"),
            ("Snapshot", "import ObjectStore"),
            ("Images", "import Crypto"),
            ("varve", "import ArgumentParser\nprint(getenv(\"HOME\"))\nexit(1)"),
            ("Model", "// import Linux"),
            ("Model", "/* import Linux\nimport Engine */"),
            ("Model", "let a = \"import Linux\""),
            ("Model", "let a = \"\"\"\n  import Linux \"quoted\" print(1)\n  \"\"\""),
            ("Model", "let a = #\"a \" print(1) \"#"),
            ("Model", "let a = \"a \\\" print(1)\""),
            ("Model", "let a = \"\\(b[\"print(1)\"]) print(1)\""),
            ("Engine", "store.import(tar)"),
            ("Engine", "case exit(Int32)"),
            ("Engine", "func print() {}"),
            ("Engine", "status = .exit(1)"),
            ("Engine", "let exit = 1; fingerprint(2)"),
        ])
    func innocent(module: String, text: String) {
        #expect(Rules.varve.violations(in: text, path: "a.swift", module: module) == [])
    }

    @Test("a violation says where it is and what would be right")
    func message() {
        let found = Rules.varve.violations(in: "\nimport Engine\n", path: "Sources/Linux/A.swift", module: "Linux")
        #expect(found == ["Sources/Linux/A.swift:2: Linux may not import Engine, only CLinux, Model"])
    }

    @Test("the arrows have no circle")
    func acyclic() {
        var left = Rules.varve.allowed.mapValues { $0.intersection(Rules.varve.allowed.keys) }
        while let (leaf, _) = left.first(where: { $0.value.isEmpty }) {
            left[leaf] = nil
            left = left.mapValues { $0.subtracting([leaf]) }
        }
        #expect(left.isEmpty)
    }
}

/// The directory of Package.swift, three levels above this file.
private let packageRoot = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

/// Every Swift file below Sources, with its module: the directory directly below.
private func sourceFiles() throws -> [(path: String, module: String)] {
    let listing = try run(["find", "\(packageRoot)/Sources", "-name", "*.swift", "-printf", "%P\\n"])
    return listing.text.split(separator: "\n").map { line in
        ("Sources/\(line)", String(line.prefix { $0 != "/" }))
    }
}
