import Linux
import Model

/// AppArmor's profile of containers, on kernels that have AppArmor and hosts that have its parser.
struct AppArmor {
    /// Where the kernel shows what is loaded: a line a profile, its name and in brackets its mode.
    var loaded = "/sys/kernel/security/apparmor/profiles"
    var parser = "/sbin/apparmor_parser"

    static let profileName = "varve-default"

    /// What the mounts and the filter forbid, once more: whoever gets around those meets this. From Docker's profile are the
    /// places in /proc and /sys that may be written to: processes' own files, and limits of shared memory.
    static let profile = """
        profile \(profileName) flags=(attach_disconnected,mediate_deleted) {
          file,
          capability,
          umount,
          deny mount,
          network,
          deny network alg,

          signal (receive) peer=unconfined,
          signal (send, receive) peer=\(profileName),
          ptrace (trace, tracedby, read, readby) peer=\(profileName),

          deny /proc/* w,
          deny /proc/{[^1-9/],[^1-9/][^0-9/],[^1-9s/][^0-9y/][^0-9s/],[^1-9/][^0-9/][^0-9/][^0-9/]*}/** w,
          deny /proc/sys/[^k]** w,
          deny /proc/sys/kernel/{?,??,[^s][^h][^m]**} w,
          deny /proc/{kcore,sysrq-trigger} rwklx,

          deny /sys/{[^f]*,f[^s]*}/** wklx,
          deny /sys/fs/{[^c]*,c[^g]*,cg[^r]*}/** wklx,
          deny /sys/{firmware,devices/virtual/powercap,kernel/security}/** rwklx,
        }

        """

    /// The profile's name, loaded where it is not yet. Nil where the kernel or the host can't have it.
    func standardProfile() throws -> String? {
        guard let text = try Files.contentsIfPresent(loaded), try Files.exists(KernelPath(parser)) else { return nil }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        if !lines.contains(where: { $0.hasPrefix("\(Self.profileName) (") }) { try load() }
        return Self.profileName
    }

    /// Loading it again changes nothing, so several may do that at once.
    private func load() throws {
        let program = Program(
            parser, arguments: [parser, "--skip-cache", "--replace"],
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
        let outcome = try program.run(input: Array(Self.profile.utf8), within: 30_000)
        guard outcome.status == 0 else {
            let said = String(decoding: outcome.errors, as: UTF8.self).split(separator: "\n").first ?? "no message"
            throw EngineError.refused(
                "load AppArmor profile", subject: Self.profileName,
                reason: "\(parser): \(said); '--security-opt apparmor=unconfined' does without it")
        }
    }
}
