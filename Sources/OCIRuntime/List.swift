import Glibc
import Linux
import Model

/// A container in a list of all.
public struct ListedContainer: Sendable {
    public let state: ContainerState
    /// Who made it: a name, or `#` and a number.
    public let owner: String

    public var json: JSON { state.json.setting("owner", to: .string(owner)) }
}

extension Containers {
    /// All containers, sorted by id.
    /// - Parameter warned: is told of those that can't be read.
    public func list(warned: (String) -> Void) throws -> [ListedContainer] {
        var listed: [ListedContainer] = []
        for id in try ids() {
            do {
                let state = try state(of: id)
                let status = try Files.status(KernelPath(place(of: id).directory))
                listed.append(ListedContainer(state: state, owner: Self.name(ofUser: status.uid)))
            } catch let error as OCIError where error.kind == .unknown {
                // Deleted just now.
            } catch { warned("list containers: \(id.text): \(error)") }
        }
        return listed
    }

    private static func name(ofUser uid: UInt32) -> String {
        guard let entry = getpwuid(uid), let name = entry.pointee.pw_name else { return "#\(uid)" }
        return String(cString: name)
    }
}
