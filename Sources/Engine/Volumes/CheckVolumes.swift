import Linux
import Model
import ObjectStore

extension Repository {
    /// Volumes that can't be read, and those that containers have and that are missing.
    func volumeProblems() throws -> [Damage] {
        var problems: [Damage] = []
        var known: Set<String> = []
        for name in try names(in: "volumes").filter(Volume.isName) {
            do {
                guard try volumeIfPresent(name) != nil else { continue }
                known.insert(name)
                let data = files(ofVolume: name).data
                if try Files.statusIfPresent(KernelPath(data))?.kind == .directory { continue }
                problems.append(Damage("volume \(name)", "its directory \(data) is missing"))
            } catch EngineError.refused(_, _, let reason) { problems.append(Damage("volume \(name)", reason)) }
        }
        let damaged = Set(problems.map(\.subject))
        for (name, containers) in try volumeUsers().byName.sorted(by: { $0.key < $1.key })
        where !known.contains(name) && !damaged.contains("volume \(name)") {
            problems.append(
                Damage("volume \(name)", "it is missing, and used by \(containers.joined(separator: ", "))"))
        }
        return problems
    }

    /// What making or removing a volume left that was cut short, or is at it now: nobody is under ``lockVolumes()``.
    func unfinishedVolumes() throws -> [String] {
        try names(in: "volumes").filter {
            try Volume.isName($0) && !Files.exists(KernelPath(files(ofVolume: $0).description))
        }
    }
}
