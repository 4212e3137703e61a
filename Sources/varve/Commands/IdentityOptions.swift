import ArgumentParser
import Engine
import Glibc
import Linux
import Model
import ObjectStore

/// Who makes a commit, and when.
struct IdentityOptions: ParsableArguments {
    @Option(name: .joined("a"), help: "The author, as 'Name <email>' (default: $GIT_AUTHOR_NAME, or the user).")
    var author: String?

    /// `SOURCE_DATE_EPOCH` sets the date, so that the same input gives the same commit.
    func signature() throws -> Signature {
        let (name, email) = try author.map { try Self.parse($0) } ?? Self.standard
        if let epoch = Environment["SOURCE_DATE_EPOCH"], !epoch.isEmpty {
            guard let seconds = Int64(epoch), seconds >= 0 else {
                throw UsageError("read SOURCE_DATE_EPOCH: \(epoch): it takes seconds since 1970")
            }
            return Signature(name: ByteName(name), email: ByteName(email), seconds: seconds)
        }
        var now = time(nil)
        var local = tm()
        localtime_r(&now, &local)
        return Signature(
            name: ByteName(name), email: ByteName(email), seconds: Int64(now), zone: local.tm_gmtoff / 60)
    }

    private static func parse(_ text: String) throws -> (String, String) {
        guard let open = text.firstIndex(of: "<"), text.last == ">" else {
            throw UsageError("read author: \(text): it is written 'Name <email>'")
        }
        let name = text[..<open].trimmingSpaces
        let email = text[text.index(after: open)...].dropLast()
        guard !name.isEmpty, !email.contains("<"), !email.contains(">") else {
            throw UsageError("read author: \(text): it is written 'Name <email>'")
        }
        return (String(name), String(email))
    }

    private static var standard: (String, String) {
        let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(geteuid())"
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let hostname = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (Environment["GIT_AUTHOR_NAME"] ?? user, Environment["GIT_AUTHOR_EMAIL"] ?? "\(user)@\(hostname)")
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var rest = self
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return rest
    }
}
