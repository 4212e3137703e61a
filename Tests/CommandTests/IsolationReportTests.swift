import Glibc
import Linux
import Testbed
import Testing

/// scripts/isolation-report, where docker is installed.
@Suite("Beside docker's default", .enabled(if: isRoot && hasDocker))
struct IsolationReportTests {
    private func report(_ varve: String, in directory: TemporaryDirectory) throws -> CommandResult {
        let script = "cd \"$0\" && exec scripts/isolation-report --short --varve \"$1\""
        let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": directory.path, "VARVE_NETWORK": "none"]
        return try run(["sh", "-c", script, project, varve], environment: environment)
    }

    @Test("a container can do no more, by every line of the report")
    func defaults() throws {
        let directory = try TemporaryDirectory("report")
        let result = try report("\(Program.directory)/varve", in: directory)
        #expect(result.status == 0, "\(result.text)\(result.errors)")
        #expect(result.text.contains(", 0 LOOSER"))
    }

    @Test("a container that can do more is told of, by what it can")
    func looser() throws {
        let directory = try TemporaryDirectory("report")
        let wrapper = directory.file("varve")
        // Not --privileged: what the report opens must be harmless to open.
        let more = "--cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt systempaths=unconfined"
        let insertion = #"for word; do shift; set -- "$@" "$word"; [ "$word" != run ] || set -- "$@" \#(more); done"#
        let text = try "#!/bin/sh\n\(insertion)\nexec \(Program.directory)/varve \"$@\"\n"
        try Files.replace(wrapper, with: Array(text.utf8), mode: 0o755, isDurable: false)
        try Files.setPermissions(KernelPath(wrapper), 0o755)
        let result = try report(wrapper, in: directory)
        #expect(result.status == 1)
        for line in ["status CapBnd", "call mount ", "mount /proc/sys ", "writable /proc/sys/kernel/core_pattern"] {
            #expect(result.text.contains("LOOSER    \(line)"), "\(line)\n\(result.text)\(result.errors)")
        }
    }
}

private let dockerPrograms: [String] = ["/usr/sbin/dockerd", "/usr/bin/docker", "/usr/bin/containerd"]
private let hasDocker = dockerPrograms.allSatisfy { path in
    access(path, X_OK) == 0
}

/// The directory of Package.swift, three levels above this file.
private let project = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
