import Linux
import Model

/// The addresses of a network that are taken, as the plugin host-local writes them down: for each a file of its name, with the
/// container's id and the device's name in it, a line each with any line ends.
struct Leases {
    /// Where they are; it need not exist.
    let directory: String

    /// Gives back what a connection has. Only for where the plugin can't: it does no more than this.
    func release(_ attachment: Attachment) throws {
        let names: [String]
        do throws(SystemError) {
            names = try Files.names(in: Files.openDirectory(KernelPath(directory))).compactMap(\.string)
        } catch {
            if error.errno == .noEntry { return }
            throw error
        }
        for name in names where IPv4Address(parsing: name) != nil {
            let path = "\(directory)/\(name)"
            guard let bytes = try Files.contentsIfPresent(path) else { continue }
            let owner = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            if owner.elementsEqual([attachment.containerID[...], attachment.interface[...]]) {
                try Files.discard(KernelPath(path))
            }
        }
    }
}
