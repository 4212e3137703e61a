import Linux

/// A line of `/proc/self/mountinfo` (proc_pid_mountinfo(5)).
struct MountEntry {
    /// Where it is mounted, symlinks resolved.
    let point: [UInt8]
    /// Such as `ext4`.
    let filesystem: String
    let source: String

    /// The mount that an open file is on; nil where this process does not see it.
    static func holding(_ directory: borrowing Descriptor) throws -> MountEntry? {
        let information = try contents("/proc/self/fdinfo/\(directory.procPath.split(separator: "/").last ?? "")")
        let key = "mnt_id:"
        guard let line = information.split(separator: "\n").first(where: { $0.hasPrefix(key) }),
            let id = line.dropFirst(key.count).split(whereSeparator: { $0 == "\t" || $0 == " " }).first
        else { return nil }
        for line in try contents("/proc/self/mountinfo").split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.first == id, fields.count > 6,
                let separator = fields.firstIndex(of: "-"), fields.count > separator + 2
            else { continue }
            return MountEntry(
                point: unescaped(fields[4]), filesystem: String(fields[separator + 1]),
                source: String(fields[separator + 2]))
        }
        return nil
    }

    private static func contents(_ path: String) throws -> String {
        String(decoding: try Files.contentsIfPresent(path) ?? [], as: UTF8.self)
    }

    /// Blanks and backslashes stand as `\040` and the like.
    private static func unescaped(_ field: Substring) -> [UInt8] {
        var result: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                result.append(value)
                rest = rest.dropFirst(3)
            } else {
                result.append(byte)
            }
        }
        return result
    }
}
