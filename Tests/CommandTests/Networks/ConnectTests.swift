import Glibc
import Linux
import Testbed
import Testing

/// `network connect` and `disconnect`.
@Suite("Connecting containers", .enabled(if: isRoot))
struct ConnectTests {
    @Test("a running container is connected to a network and disconnected from it, names included")
    func running() throws {
        try Box.withNetworks { box in
            try box.succeed("varve network create a; varve network create --internal b")
            try box.serving("one", "--network a") { _ in
                try box.serving("two", "--network b") { _ in
                    let file = try box.succeed("ls r/containers/$(readlink r/names/two)/hosts")
                    let fetch = "nsenter -t \(try box.pid(of: "two")) -n curl -sS -m 2"
                    try box.succeed("varve network connect --alias uno b one")
                    #expect(try box.succeed("cat \(file)").contains("one uno "))
                    let address = try box.succeed("grep 'one uno' \(file) | cut -f1")
                    #expect(try box.succeed("\(fetch) http://\(address)/who") == "one")
                    try box.transcript(
                        """
                        $ varve network connect b one
                        ! varve: connect network: b: one is connected to it already
                        [3]
                        $ varve network disconnect b one
                        $ varve network disconnect b one
                        ! varve: disconnect network: b: one is not connected to it
                        [3]
                        """)
                    #expect(try !box.succeed("cat \(file)").contains("one"))
                    try box.succeed("varve network connect b one; varve rename one uno")
                    #expect(try box.succeed("cut -f2 \(file)").contains("\nuno "))
                    try box.succeed("varve network disconnect b uno; varve rename uno one")
                    #expect(try box.shell("\(fetch) http://\(address)/who").status != 0)
                }
            }
            #expect(try box.traces() == "")
        }
    }

    @Test("what is connected or disconnected counts from the next start on")
    func stopped() throws {
        try Box.withNetworks { box in
            try box.succeed("varve network create a; varve network create b")
            let subnets = try ["a", "b"].map {
                try box.succeed("varve network inspect \($0) | grep subnet | cut -d'\"' -f4 | cut -d. -f1-3")
            }
            let script =
                "ip -o -4 address | busybox grep -o 'eth[0-9] .*inet [0-9]*[.][0-9]*[.][0-9]*' | busybox tr -s ' '"
            try box.transcript(
                """
                $ varve run --name w --network a debian:12 sh -c "\(script)"
                eth0 inet \(subnets[0])
                $ varve network connect b w
                $ varve start -a w
                eth0 inet \(subnets[0])
                eth1 inet \(subnets[1])
                $ varve network disconnect a w
                $ varve start -a w
                eth0 inet \(subnets[1])
                $ varve network rm b
                ! removed b
                $ varve start -a w
                ! varve: find network: b: no network has this name or id
                ! hint: did you mean a?
                [125]
                """)
            #expect(try box.traces() == "")
        }
    }
}
