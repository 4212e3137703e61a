import Glibc
import Linux
import Testbed
import Testing

@testable import Engine

@Suite("AppArmor's profile of containers")
struct AppArmorTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory("apparmor") }

    /// A kernel that has `loaded` loaded, and a parser that notes what it is given and ends with `status`.
    private func module(loaded: String?, status: Int32?) throws -> AppArmor {
        var module = AppArmor()
        module.loaded = directory.file("profiles")
        module.parser = directory.file("parser")
        if let loaded { try Files.replace(module.loaded, with: Array(loaded.utf8), isDurable: false) }
        if let status {
            let script =
                "#!/bin/sh\necho \"$@\" >\(directory.path)/words\ncat >\(directory.path)/given\necho no >&2\nexit \(status)\n"
            try Files.replace(module.parser, with: Array(script.utf8), mode: 0o755, isDurable: false)
        }
        return module
    }

    private func given() throws -> String? {
        try Files.contentsIfPresent(directory.file("given")).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("is loaded by the first start that does not find it")
    func loading() throws {
        let module = try module(loaded: "docker-default (enforce)\nvarve-default-x (enforce)\n", status: 0)
        #expect(try module.standardProfile() == "varve-default")
        #expect(try given() == AppArmor.profile)
        #expect(try Files.contentsIfPresent(directory.file("words")) == Array("--skip-cache --replace\n".utf8))
    }

    @Test("is not loaded again")
    func loaded() throws {
        #expect(
            try module(loaded: "a (enforce)\nvarve-default (enforce)\n", status: 1).standardProfile() == "varve-default"
        )
        #expect(try given() == nil)
    }

    @Test("is done without where the kernel has no AppArmor, or the host no parser")
    func absence() throws {
        #expect(try module(loaded: nil, status: 0).standardProfile() == nil)
        #expect(try AppArmorTests().module(loaded: "", status: nil).standardProfile() == nil)
    }

    @Test("that can't be loaded ends the start")
    func failure() throws {
        let error = #expect(throws: EngineError.self) { try module(loaded: "", status: 1).standardProfile() }
        guard case .refused("load AppArmor profile", _, let reason) = error else { return #expect(Bool(false)) }
        #expect(reason.contains("parser: no;"))
    }

    @Test("is one that the parser takes", .enabled(if: access("/sbin/apparmor_parser", X_OK) == 0))
    func syntax() throws {
        try Files.replace(directory.file("profile"), with: Array(AppArmor.profile.utf8), isDurable: false)
        let result = try run([
            "/sbin/apparmor_parser", "--skip-kernel-load", "--skip-cache", directory.file("profile"),
        ])
        #expect(result.status == 0, "\(result.errors)")
    }
}
