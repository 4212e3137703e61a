import Glibc
import Linux
import Model
import Runtime

/// How much a container may read from or write to one disk.
public struct DiskLimit: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        case readBytes, writeBytes, readOperations, writeOperations
        /// 10 to 1,000: the container's share beside others.
        case weight
    }

    public var kind: Kind
    /// Of a block device of the host.
    public var path: BytePath
    /// A second, but for the weight.
    public var value: UInt64

    public init(_ kind: Kind, path: BytePath, value: UInt64) {
        self.kind = kind
        self.path = path
        self.value = value
    }

    var json: JSON {
        ["kind": .string(kind.rawValue), "path": .string(path.bytes.hex), "value": .integer(value)]
    }

    init?(json: JSON) {
        guard let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)),
            let path = json["path"]?.string.flatMap({ [UInt8](hex: $0) }).flatMap({ BytePath(parsing: $0) }),
            let value = json["value"]?.integer.flatMap({ UInt64(exactly: $0) })
        else { return nil }
        self.init(kind, path: path, value: value)
    }

    func add(to blockIO: inout Specification.BlockIO) throws {
        let number = try deviceNumber()
        let throttled = Specification.BlockIO.ThrottledDevice(major: number.major, minor: number.minor, rate: value)
        switch kind {
        case .readBytes: blockIO.readBytes.append(throttled)
        case .writeBytes: blockIO.writeBytes.append(throttled)
        case .readOperations: blockIO.readOperations.append(throttled)
        case .writeOperations: blockIO.writeOperations.append(throttled)
        case .weight:
            blockIO.weightDevices.append(
                .init(major: number.major, minor: number.minor, weight: UInt16(clamping: value), leafWeight: nil))
        }
    }

    private func deviceNumber() throws -> DeviceNumber {
        let status: FileStatus
        do throws(SystemError) { status = try Files.statusOfTarget(KernelPath(path.bytes)) } catch {
            throw EngineError.refused("limit disk", subject: path.displayed, reason: error.cause)
        }
        guard status.kind == .blockDevice else {
            throw EngineError.refused("limit disk", subject: path.displayed, reason: "it is no block device")
        }
        return status.device
    }
}
