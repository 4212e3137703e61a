/// Which module may import which, and what only the command line may do: docs/architecture.md as a table.
struct Rules {
    /// For each module of ours, what it may import besides `everywhere`.
    let allowed: [String: Set<String>]

    /// The system's interface and the standard library.
    let everywhere: Set<String> = ["Glibc", "Synchronization"]

    /// Printing, reading the environment and ending the process, by function.
    let functionsOfCommandLine: Set<String> = [
        "print", "debugPrint", "dump", "puts", "printf", "readLine",
        "getenv", "secure_getenv", "setenv", "putenv",
        "exit", "_exit", "abort", "atexit",
    ]

    /// The same, by name alone.
    let namesOfCommandLine: Set<String> = ["FileHandle", "ProcessInfo", "CommandLine"]

    static let varve = Rules(allowed: [
        "Model": [],
        "Linux": ["Model", "CLinux"],
        "ObjectStore": ["Linux", "Model", "CGit2", "CGit2NoNetwork", "CZlib", "Crypto"],
        "Snapshot": ["ObjectStore", "Linux", "Model"],
        "Images": ["Linux", "Model", "CArchive", "CLzma", "CZlib", "CZstd", "Crypto"],
        "Erofs": ["Linux", "Model"],
        "Runtime": ["Linux", "Model", "CLinux", "CCap", "CSeccomp", "Crypto"],
        "OCIRuntime": ["Runtime", "Linux", "Model"],
        "Engine": ["ObjectStore", "Snapshot", "Images", "Erofs", "Runtime", "Linux", "Model"],
        // The values that the engine's answers are made of are their modules' own.
        "varve": [
            "Engine", "OCIRuntime", "Snapshot", "ObjectStore", "Images", "Runtime", "Linux", "Model", "ArgumentParser",
        ],
    ])

    /// What a file of `module` does that it may not, a line each. `path` is only for the message.
    func violations(in text: String, path: String, module: String) -> [String] {
        guard let allowed = allowed[module] else { return ["\(path): module \(module) has no rule in Rules.swift"] }
        let source = SwiftSource(text)
        var found = source.imports.filter { !allowed.contains($0.name) && !everywhere.contains($0.name) }.map {
            "\(path):\($0.line): \(module) may not import \($0.name), only \(allowed.sorted().joined(separator: ", "))"
        }
        if module != "varve" {
            let words = source.calls(of: functionsOfCommandLine) + source.mentions(of: namesOfCommandLine)
            found += words.map { "\(path):\($0.line): only varve may use \($0.name)" }
        }
        return found
    }
}
