import Glibc
import Linux
import Model

/// A container's `/etc/hosts` (hosts(5)): what it starts with, then the names of its networks between two lines that say
/// so. What its programs write elsewhere in it is left as it is.
enum HostsFile {
    private static let start = "# varve: containers on the same networks"
    private static let end = "# varve: end"
    /// A container may let the file grow; a longer one is written anew.
    private static let limit = 1 << 20

    private static let standard = """
        127.0.0.1\tlocalhost
        ::1\tlocalhost ip6-localhost ip6-loopback
        fe00::\tip6-localnet
        ff00::\tip6-mcastprefix
        ff02::1\tip6-allnodes
        ff02::2\tip6-allrouters

        """

    /// - Parameters:
    ///   - gateway: the address of those hosts that have none of their own.
    ///   - base: in place of the standard lines.
    static func fixed(_ options: NetworkOptions, gateway: String?, base: [UInt8]?) throws -> [UInt8] {
        var text = base ?? Array(standard.utf8)
        if text.last.map({ $0 != UInt8(ascii: "\n") }) == true { text.append(UInt8(ascii: "\n")) }
        for host in options.hosts {
            guard let address = host.address ?? gateway else {
                throw EngineError.refused(
                    "add host", subject: host.name.text, reason: "a container without networks does not reach the host")
            }
            text += "\(address)\t\(host.name)\n".utf8
        }
        return text
    }

    /// Puts the lines in place of those that are between the two marks, in the same file, which is mounted in the
    /// container: with one write, so that whoever reads it finds the old lines or the new ones.
    ///
    /// The file is the container's to change. Nothing it does to it may hold anybody up: a lease (fcntl(2)) does not, it
    /// is left unwritten then; it is no longer there when the container is just being removed.
    static func replaceNames(in path: String, with lines: [String]) throws(SystemError) {
        do throws(SystemError) {
            let file = try Files.open(KernelPath(path), flags: O_RDWR | O_NOFOLLOW | O_NONBLOCK)
            let old = try contents(of: file)
            let new = replaced(old, with: lines)
            guard new != old else { return }
            // Blank lines cover what is cut off afterwards.
            let padding = [UInt8](repeating: UInt8(ascii: "\n"), count: max(0, old.count - new.count))
            try write(new + padding, to: file)
            let (raw, size) = (file.raw, off_t(new.count))
            try system("shorten", path) { ftruncate(raw, size) }
        } catch {
            // Made immutable, or with a lease on it: by the container itself, whose loss it is.
            let isOwnFault = [.noEntry, .wouldBlock, .notPermitted, .accessDenied].contains(error.errno)
            if !isOwnFault { throw SystemError(error.operation, path, error.errno) }
        }
    }

    private static func contents(of file: borrowing Descriptor) throws(SystemError) -> [UInt8] {
        do throws(SystemError) { return try file.readAll(limit: limit) } catch {
            if error.errno == Errno(rawValue: EFBIG) { return [] }
            throw error
        }
    }

    private static func write(_ bytes: [UInt8], to file: borrowing Descriptor) throws(SystemError) {
        var failure: SystemError?
        bytes.withUnsafeBytes { buffer in
            do throws(SystemError) { try file.write(buffer, at: 0) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Where a mark is missing or they are in the wrong order, the lines come at the end.
    static func replaced(_ text: [UInt8], with lines: [String]) -> [UInt8] {
        let newline = UInt8(ascii: "\n")
        var kept = text.split(separator: newline, omittingEmptySubsequences: false)
        if kept.last?.isEmpty == true { kept.removeLast() }
        let first = kept.firstIndex { $0.elementsEqual(start.utf8) }
        let last = kept.lastIndex { $0.elementsEqual(end.utf8) }
        var place = kept.count
        if let first, let last, first < last {
            kept.removeSubrange(first...last)
            place = first
        }
        let block = lines.isEmpty ? [] : ([start] + lines + [end]).map { Array($0.utf8)[...] }
        kept.insert(contentsOf: block, at: place)
        return Array(kept.flatMap { $0 + [newline] })
    }
}
