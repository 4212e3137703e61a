import Testing

@testable import Engine

@Suite("Rules of the host")
struct SavedRuleTests {
    private static let text = """
        *nat
        :POSTROUTING ACCEPT [0:0]
        -A POSTROUTING -s 10.1.0.0/24 -m comment --comment "varve network 1" -j MASQUERADE
        COMMIT
        *filter
        :FORWARD ACCEPT [0:0]
        -A FORWARD -j DOCKER-USER
        -A FORWARD -i a -m comment --comment "varve network 1" -j ACCEPT
        -A FORWARD -o eth0 -j DROP
        -A FORWARD -m comment --comment "all \\"else\\"" -j REJECT --reject-with icmp-port-unreachable
        -A FORWARD -i b -m comment --comment "varve network 12" -j ACCEPT
        -A OTHER -j DROP
        COMMIT
        """

    @Test("are found by table and comment")
    func found() {
        let rules = SavedRules(Self.text)
        #expect(
            rules.rules(of: "filter", with: "varve network 1")
                == ["-A FORWARD -i a -m comment --comment \"varve network 1\" -j ACCEPT"])
        #expect(rules.rules(of: "nat", with: "varve network 1").count == 1)
        #expect(rules.rules(of: "raw", with: "varve network 1").isEmpty)
    }

    @Test("new ones go before the one that decides on everything, and behind all others")
    func place() {
        #expect(SavedRules(Self.text).placeOfPolicy(besides: "varve network 1") == 3)
        #expect(SavedRules(Self.text).placeOfPolicy(besides: "varve network 2") == 4)
        #expect(SavedRules("*filter\n-A FORWARD -i a -j DROP\n").placeOfPolicy(besides: "x") == nil)
        #expect(SavedRules("*filter\n-A FORWARD -j DROP\n").placeOfPolicy(besides: "x") == 1)
    }
}
