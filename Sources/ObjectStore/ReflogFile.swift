import Glibc
import Linux
import Model

/// A ref's reflog, read without libgit2: that makes a missing file when it is asked for one, and a reader that does so
/// while the ref is being deleted keeps the deletion from ending.
enum ReflogFile {
    /// The entries, the oldest first. None where there is no file.
    ///
    /// Entries are appended while others read: what does not end with a line end is not there yet.
    /// - Throws: `corrupt` where a line is none of git's: `old new name <email> seconds ±hhmm`, a tab, the message.
    static func read(_ name: String, gitDirectory: String) throws(StoreError) -> [ReflogEntry] {
        let bytes = try attempt("read reflog", name) { () throws(SystemError) in
            do throws(SystemError) {
                return try Files.open(KernelPath("\(gitDirectory)/logs/\(name)"), flags: O_RDONLY).readAll()
            } catch {
                // A directory is left of a ref below this one.
                let missing: [Errno] = [.noEntry, .notDirectory, .isDirectory]
                if missing.contains(error.errno) { return [] }
                throw error
            }
        }
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        lines.removeLast()
        var entries: [ReflogEntry] = []
        for (index, line) in lines.enumerated() {
            guard let entry = ReflogEntry(decoding: line) else {
                throw StoreError("read reflog", name, .corrupt("line \(index + 1) is no entry"))
            }
            entries.append(entry)
        }
        return entries
    }
}

extension ReflogEntry {
    init?(decoding line: ArraySlice<UInt8>) {
        let who = line.dropFirst(82)
        let end = who.firstIndex(of: UInt8(ascii: "\t")) ?? who.endIndex
        guard line.count > 82, let old = ObjectID(field: line.prefix(41)),
            let new = ObjectID(field: line.dropFirst(41).prefix(41)), let author = Signature(decoding: who[..<end])
        else { return nil }
        self.init(
            old: old == .null ? nil : old, new: new == .null ? nil : new, author: author,
            message: Array(who[end...].dropFirst()))
    }
}

extension ObjectID {
    /// What stands for no object.
    fileprivate static let null = ObjectID(bytes: [UInt8](repeating: 0, count: byteCount))

    /// - Parameter field: 40 hexadecimal digits and a space.
    fileprivate init?(field: ArraySlice<UInt8>) {
        guard field.last == UInt8(ascii: " ") else { return nil }
        self.init(hex: String(decoding: field.dropLast(), as: UTF8.self))
    }
}
