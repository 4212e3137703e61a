import ArgumentParser
import Engine
import Linux
import Model
import Runtime

/// Docker's flags for what a container's processes may do.
struct SecurityFlags: ParsableArguments {
    @Option(help: "Give a capability beside the usual ones: NET_ADMIN, or ALL.") var capAdd: [String] = []
    @Option(help: "Take a capability of the usual ones away: CHOWN, or ALL.") var capDrop: [String] = []
    @Flag(name: .customLong("privileged"), help: "Give all capabilities and devices, and hide nothing: no isolation.")
    var isPrivileged = false
    @Option(help: "no-new-privileges, seccomp=FILE|unconfined, apparmor=PROFILE, systempaths=unconfined, mask=PATH …")
    var securityOpt: [String] = []

    @Option(help: "The user namespace: host, auto[:size=N], keep-id, or CONTAINER:HOST:SIZE[,…].") var userns = "host"

    func apply(to configuration: inout ContainerConfiguration) throws {
        configuration.security.capabilities = try CapabilityOptions(
            adding: capAdd.flatMap(Self.words), dropping: capDrop.flatMap(Self.words))
        configuration.security.isPrivileged = isPrivileged
        configuration.security.userNamespace = try UserNamespaceOption(userns).options()
        if isPrivileged, userns != "host" {
            throw UsageError(
                "read --userns: \(userns): a privileged container is in the host's", hints: ["leave --privileged out"])
        }
        for text in securityOpt { try SecurityOption(text).apply(to: &configuration.security) }
    }

    private static func words(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
}

/// One value of `--security-opt`.
private struct SecurityOption {
    let text: String
    let key: String
    /// What stands after the first `=` or `:`; nil where there is none.
    let value: String?

    init(_ text: String) {
        self.text = text
        let end = text.firstIndex { $0 == "=" || $0 == ":" }
        key = String(text[..<(end ?? text.endIndex)])
        value = end.map { String(text[text.index(after: $0)...]) }
    }

    private func refusal(_ why: String, hints: [String] = []) -> UsageError {
        UsageError("read --security-opt: \(text): \(why)", hints: hints)
    }

    func apply(to options: inout SecurityOptions) throws {
        switch key {
        case "no-new-privileges":
            guard let isOn = ["true": true, "false": false][value ?? "true"] else {
                throw refusal("it takes 'true' or 'false'")
            }
            options.noNewPrivileges = isOn
        case "seccomp": options.seccomp = try seccomp()
        case "apparmor": options.apparmor = try apparmor()
        case "label": try setLabel(of: &options)
        case "systempaths":
            guard value == "unconfined" else { throw refusal("it takes 'unconfined'") }
            options.paths.unmasked = [SystemPathOptions.all]
        case "mask": options.paths.masked += try absolutePaths()
        case "unmask":
            let patterns = try nonEmptyValue().split(separator: ":").map(String.init)
            guard patterns.allSatisfy({ $0 == SystemPathOptions.all || $0.hasPrefix("/") }) else {
                throw refusal("it takes ALL, or absolute paths with ':' between them")
            }
            options.paths.unmasked += patterns
        default:
            throw refusal(
                "no such option",
                hints: [
                    "the options are no-new-privileges, seccomp, apparmor, label, systempaths, mask and unmask"
                ])
        }
    }

    private func nonEmptyValue() throws -> String {
        guard let value, !value.isEmpty else { throw refusal("it takes a value: \(key)=…") }
        return value
    }

    private func absolutePaths() throws -> [BytePath] {
        try nonEmptyValue().split(separator: ":").map { part in
            guard part.hasPrefix("/"), let path = BytePath(parsing: part.utf8), !path.isRoot else {
                throw refusal("\(part) is no absolute path without '..'")
            }
            return path
        }
    }

    private func seccomp() throws -> SecurityOptions.Seccomp {
        let file = try nonEmptyValue()
        if file == "unconfined" { return .unconfined }
        if file == "default" || file == "builtin" { return .standard }
        guard let bytes = try Files.contentsIfPresent(file, limit: 1 << 20) else {
            throw refusal("there is no such file")
        }
        // What can't be used is told of now, and not at the first start.
        _ = try SeccompProfile(parsing: bytes, named: file)
        return .profile(String(decoding: bytes, as: UTF8.self), name: file)
    }

    private func apparmor() throws -> SecurityOptions.AppArmorProfile {
        let profile = try nonEmptyValue()
        if profile == "unconfined" { return .unconfined }
        guard try SecurityModules.hasAppArmor() else { throw refusal("this kernel has no AppArmor") }
        return .loaded(profile)
    }

    private func setLabel(of options: inout SecurityOptions) throws {
        let text = try nonEmptyValue()
        if text == "disable" {
            options.label = nil
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, let part = SELinuxLabel.Part(rawValue: parts[0]) else {
            throw refusal("it takes 'disable', or user:, role:, type:, level: or filetype: and a name")
        }
        guard try SecurityModules.hasSELinux() else { throw refusal("this kernel has no SELinux") }
        var label = options.label ?? SELinuxLabel()
        label[part] = parts[1]
        options.label = label
    }
}
