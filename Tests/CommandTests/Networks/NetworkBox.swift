import Glibc
import Linux
import Model
import Testbed
import Testing

extension Box {
    /// A box for tests of networks: whatever a test leaves behind in the kernel is gone when `body` is over.
    static func withNetworks(_ body: (Box) throws -> Void) throws {
        let box = try Box()
        defer { #expect(throws: Never.self) { try box.succeed("varve -q network prune -f") } }
        try body(box)
    }

    /// Runs `body` while a container runs that serves `/etc` by HTTP on port 80 and says in `/etc/who` what it is called.
    /// - Parameter options: of `varve run`, without its name.
    func serving(_ name: String, _ options: String..., body: (Spawned) throws -> Void) throws {
        let words = options.flatMap { $0.split(separator: " ").map(String.init) }
        let server = try Spawned(
            ["varve", "run", "--rm", "-i", "--name", name] + words + [
                "debian:12", "sh", "-c", "echo \(name) >/etc/who; busybox httpd -p 80 -h /etc; echo serves; read line",
            ], in: self)
        try server.waitForOutput("serves")
        try succeed("ls r/containers >>seen")
        try body(server)
        try server.closeInput()
        // `read` fails at the end of its input.
        #expect(try server.wait() == 1)
    }

    /// The first process of a running container.
    func pid(of name: String) throws -> Int64 {
        let list = try JSON(parsing: Array(try succeed("varve ps --json").utf8))
        let container = list.array?.first { $0["name"]?.string == name }
        return try #require(container?["pid"]?.integer)
    }

    /// Rules and devices of the host that belong to networks and containers of this box.
    func traces() throws -> String {
        let script = #"""
            ids=$(cat r/networks/*/network.json 2>/dev/null | sed 's/.*"id":"\([0-9a-f]\{12\}\).*/\1/')
            for id in $ids; do
                iptables-save | grep "varve network $id"
                ip -o link | grep "varve-$(echo $id | cut -c1-8)"
            done
            for container in $(cat seen 2>/dev/null); do iptables-save | grep "$container"; done
            find r/networks -path '*/members/*' -o -path '*/leases/*/*' | grep -v -e '/lock$' -e last_reserved
            """#
        return try shell(script).text
    }
}
