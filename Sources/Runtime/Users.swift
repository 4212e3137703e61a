import CLinux
import Glibc
import Linux
import Model

/// Who a container's process is to be, found in the root's own `/etc/passwd` and `/etc/group` (passwd(5), group(5)).
public struct UserLookup: Hashable, Sendable {
    public var uid: UInt32
    public var gid: UInt32
    /// The further groups that list the user as a member, ascending.
    public var additionalGroups: [UInt32]
    /// The user's home directory; `/` where the root knows of none.
    public var home: ByteName

    /// The number of a group, by its name or as a number that need not be known.
    /// - Parameter root: as of ``init(_:in:)``.
    public static func group(_ request: String, in root: DirectoryReference) throws(RuntimeError) -> UInt32 {
        try group(request, among: AccountTable.read("etc/group", in: root))
    }

    private static func group(_ request: String, among groups: AccountTable) throws(RuntimeError) -> UInt32 {
        guard let gid = groups.entry(name: request)?.id ?? AccountTable.number(Array(request.utf8)), gid != UInt32.max
        else { throw RuntimeError(.refused, "find group", request, groups.lacking("no such group in")) }
        return gid
    }

    /// - Parameters:
    ///   - request: `name`, `uid`, and either with `:group` or `:gid`; empty is root. A number need not be known.
    ///   - root: the root filesystem. Symlinks in it stay inside. What can't be read there keeps nobody out who asks by
    ///     number: a container must not be able to lock its owner out.
    public init(_ request: String, in root: DirectoryReference) throws(RuntimeError) {
        let parts = request.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let users = AccountTable.read("etc/passwd", in: root)
        let groups = AccountTable.read("etc/group", in: root)
        let name = parts[0].isEmpty ? "0" : parts[0]
        let user = users.entry(name: name) ?? AccountTable.number(Array(name.utf8)).flatMap(users.entry(id:))
        guard let uid = user?.id ?? AccountTable.number(Array(name.utf8)), uid != UInt32.max else {
            throw RuntimeError(.refused, "find user", name, users.lacking("no such user in"))
        }
        self.uid = uid
        home = user?.field(5).flatMap { $0.bytes.isEmpty ? nil : $0 } ?? "/"
        gid = user?.field(3).flatMap { AccountTable.number($0.bytes) } ?? 0
        additionalGroups = []
        if parts.count == 2, !parts[1].isEmpty {
            gid = try Self.group(parts[1], among: groups)
        } else if let user {
            let primary = gid
            let memberships = groups.entries.filter { $0.lists(member: user.name) && $0.id != primary }
            additionalGroups = Set(memberships.map(\.id)).sorted()
        }
    }
}

/// The lines of such a file: name, password, number, and more, with colons between.
private struct AccountTable {
    let path: String
    let entries: [Entry]
    /// Why there are none.
    var problem: String?

    struct Entry {
        let fields: [ArraySlice<UInt8>]
        let id: UInt32

        var name: ByteName { ByteName(fields[0]) }
        func field(_ index: Int) -> ByteName? { index < fields.count ? ByteName(fields[index]) : nil }
        func lists(member: ByteName) -> Bool {
            fields.count > 3
                && fields[3].split(separator: UInt8(ascii: ",")).contains { $0.elementsEqual(member.bytes) }
        }
    }

    /// A missing file has no entries; a line that is none is passed over, as the C library does.
    static func read(_ path: KernelPath, in root: DirectoryReference) -> AccountTable {
        do throws(SystemError) {
            let lines = try contents(path, in: root).split(separator: UInt8(ascii: "\n"))
            return AccountTable(path: path.description, entries: lines.compactMap(entry))
        } catch {
            let problem: String? =
                switch error.errno {
                case .noEntry, .notDirectory: nil
                case .invalid: "it is no regular file"
                default: error.cause
                }
            return AccountTable(path: path.description, entries: [], problem: problem)
        }
    }

    /// Whoever is in the container may have put anything there: nothing is opened but a regular file that is one on a disk.
    private static func contents(_ path: KernelPath, in root: DirectoryReference) throws(SystemError) -> [UInt8] {
        let found = try FoundFile.led(by: path, in: root)
        guard try found.descriptor.status().kind == FileKind.regular, try !found.isOfKernel() else {
            throw SystemError("read", path.description, .invalid)
        }
        return try found.openForReading().readAll(limit: 4 << 20)
    }

    /// Why something is not found: `lacks` and the file's name, or that it can't be read.
    func lacking(_ lacks: String) -> String {
        problem.map { "the container's /\(path) can't be read: \($0)" } ?? "\(lacks) the container's /\(path)"
    }

    private static func entry(_ line: ArraySlice<UInt8>) -> Entry? {
        let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard fields.count >= 3, !fields[0].isEmpty, fields[0].first != UInt8(ascii: "#"),
            let id = number(Array(fields[2]))
        else { return nil }
        return Entry(fields: fields, id: id)
    }

    static func number(_ digits: [UInt8]) -> UInt32? {
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt32(String(decoding: digits, as: UTF8.self))
    }

    func entry(name: String) -> Entry? { entries.first { $0.fields[0].elementsEqual(name.utf8) } }
    func entry(id: UInt32) -> Entry? { entries.first { $0.id == id } }
}
