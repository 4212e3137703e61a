import Model

/// A process's environment, put together from several lists of `NAME=value`; what comes later replaces.
struct EnvironmentList {
    private(set) var variables: [String] = []

    /// What every process of a container has, but for `HOME` (``settle(home:)``).
    init(
        _ configuration: ContainerConfiguration, _ image: ImageConfiguration, hostname: String, hasTerminal: Bool
    ) {
        merge([Self.defaultPath, "HOSTNAME=\(hostname)"])
        if hasTerminal { merge(["TERM=xterm"]) }
        merge(image.environment)
        merge(configuration.environment)
    }

    static let defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    mutating func merge(_ list: [String]) {
        for variable in list {
            let name = variable.prefix { $0 != "=" }
            if let index = variables.firstIndex(where: { $0.prefix { $0 != "=" } == name }) {
                variables[index] = variable
            } else {
                variables.append(variable)
            }
        }
    }

    /// Adds the user's `HOME` where nobody has set one.
    mutating func settle(home: ByteName) {
        if !has("HOME") { merge(["HOME=\(home)"]) }
    }

    private func has(_ name: String) -> Bool { variables.contains { $0.hasPrefix("\(name)=") } }
}
