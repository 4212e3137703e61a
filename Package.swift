// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

/// A C library from Debian's -dev packages: a module map and nothing else.
func library(_ name: String, apt packages: String...) -> Target {
    .systemLibrary(name: name, providers: [.apt(packages)])
}

/// The archives that a module is linked with. Static ones: loading libgit2's and libarchive's shared libraries with all
/// that those load takes longer than most commands.
func archives(_ names: String...) -> [LinkerSetting] {
    names.map { .linkedLibrary(":lib\($0).a", .when(platforms: [.linux])) }
}

/// One module of docs/architecture.md.
func module(
    _ name: String, _ dependencies: [Target.Dependency], linkedWith archives: [LinkerSetting] = [],
    embedding files: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, resources: files.map { .embedInCode($0) }, swiftSettings: strict,
        linkerSettings: archives)
}

/// The tests of a module; `Testbed` holds what several of them need.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies + ["Testbed"], swiftSettings: strict)
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "varve",
    products: [
        .executable(name: "varve", targets: ["varve"]),
        .executable(name: "varve-supervisor", targets: ["varve-supervisor"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        library("CGit2", apt: "libgit2-dev"),
        library("CArchive", apt: "libarchive-dev", "libbz2-dev", "liblz4-dev", "liblzma-dev", "libzstd-dev"),
        library("CCap", apt: "libcap-dev"),
        library("CSeccomp", apt: "libseccomp-dev"),
        library("CLzma", apt: "liblzma-dev"),
        library("CZlib", apt: "zlib1g-dev"),
        library("CZstd", apt: "libzstd-dev"),
        .target(name: "CLinux"),
        .target(name: "CGit2NoNetwork"),

        module("Model", []),
        module("Linux", ["CLinux", "Model"]),
        module(
            "ObjectStore", ["CGit2", "CGit2NoNetwork", "CZlib", crypto, "Linux", "Model"],
            linkedWith: archives("git2", "pcre2-8", "z")),
        module("Snapshot", ["ObjectStore", "Linux", "Model"]),
        module(
            "Images", ["CArchive", "CLzma", "CZlib", "CZstd", crypto, "Linux", "Model"],
            linkedWith: archives("archive", "lzma", "zstd", "bz2", "lz4", "z")),
        module("Erofs", ["Linux", "Model"]),
        module(
            "Runtime", ["CCap", "CSeccomp", "CLinux", crypto, "Linux", "Model"], linkedWith: archives("cap", "seccomp"),
            embedding: ["Seccomp/default.json"]),
        module("OCIRuntime", ["Runtime", "Linux", "Model"]),
        module("Engine", ["ObjectStore", "Snapshot", "Images", "Erofs", "Runtime", "Linux", "Model"]),
        .executableTarget(
            name: "varve",
            dependencies: [
                argumentParser, "Engine", "OCIRuntime", "Snapshot", "ObjectStore", "Images", "Runtime", "Linux",
                "Model",
            ],
            swiftSettings: strict),

        // Watches a container: no Swift, no library that can be done without.
        .executableTarget(name: "varve-supervisor", path: "Sources/Supervisor"),

        .target(name: "Testbed", dependencies: ["Linux", "Model"], path: "Tests/Testbed", swiftSettings: strict),
        .target(
            name: "Edges", dependencies: ["Images", "Snapshot", "ObjectStore", "Erofs", "Linux", "Model", "Testbed"],
            path: "Tests/Edges", swiftSettings: strict),
        tests("Edges", ["Edges", "Linux", "Model"]),
        tests("Model", ["Model"]),
        tests("Linux", ["Linux", "Model"]),
        tests("ObjectStore", ["ObjectStore", "Linux", "Model"]),
        tests("Snapshot", ["Snapshot", "ObjectStore", "Linux", "Model"]),
        tests("Images", ["Images", "Linux", "Model"]),
        tests("Erofs", ["Erofs", "Linux", "Model"]),
        tests("Runtime", ["Runtime", "CLinux", "Linux", "Model"]),
        tests("Engine", ["Engine", "Linux", "Model"]),
        tests("Command", ["Linux", "Model"]),
        tests("Architecture", []),
    ]
)

// For scripts/fuzz alone: it takes libFuzzer's main function.
if Context.environment["VARVE_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(name: "Fuzzer", dependencies: ["Edges"], path: "Tests/Fuzzer", swiftSettings: strict))
}
