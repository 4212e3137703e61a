import Model

/// A process's environment, put together from several lists of `NAME=value`; what comes later replaces.
struct EnvironmentList {
    private(set) var variables: [String] = []

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

    func has(_ name: String) -> Bool { variables.contains { $0.hasPrefix("\(name)=") } }
}
