import Images
import Testing

@Suite("Platforms")
struct PlatformTests {
    @Test(
        "names are normalised as containerd does",
        arguments: [
            ("linux/amd64", "linux/amd64"), ("linux/x86_64", "linux/amd64"), ("Linux/X86-64", "linux/amd64"),
            ("linux/amd64/v1", "linux/amd64"), ("linux/amd64/v3", "linux/amd64/v3"), ("linux/i386", "linux/386"),
            ("linux/arm64", "linux/arm64"), ("linux/arm64/v8", "linux/arm64"), ("linux/aarch64/8", "linux/arm64"),
            ("linux/arm", "linux/arm/v7"), ("linux/arm/7", "linux/arm/v7"), ("linux/arm/v6", "linux/arm/v6"),
            ("linux/armhf", "linux/arm/v7"), ("linux/armel", "linux/arm/v6"), ("macos/aarch64", "darwin/arm64"),
            ("arm64", "linux/arm64"), ("riscv64", "linux/riscv64"), ("x86_64", "linux/amd64"),
        ])
    func normal(text: String, normal: String) throws {
        let platform = try Platform(parsing: text)
        #expect(platform.description == normal)
        #expect(try Platform(parsing: normal) == platform)
    }

    @Test("what is no platform is refused", arguments: ["", "/", "linux/", "linux/arm/v7/x", "linux/a b", "vax"])
    func refused(text: String) {
        #expect(throws: Platform.Invalid.self) { try Platform(parsing: text) }
    }

    @Test(
        "an older variant serves, a newer one does not",
        arguments: [
            ("linux/arm/v7", "linux/arm/v7", 0), ("linux/arm/v6", "linux/arm/v7", 1),
            ("linux/arm/v7", "linux/arm/v6", nil),
            ("linux/amd64", "linux/amd64/v3", 2), ("linux/amd64/v2", "linux/amd64", nil),
            ("linux/amd64/v-9223372036854775808", "linux/amd64", nil), ("linux/amd64/v-1", "linux/amd64/v3", nil),
            ("linux/amd64/v", "linux/amd64/v3", nil), ("linux/amd64/v0001", "linux/amd64/v3", nil),
            ("linux/arm64", "linux/arm/v7", nil), ("windows/amd64", "linux/amd64", nil),
        ] as [(String, String, Int?)])
    func distances(offered: String, wanted: String, distance: Int?) throws {
        #expect(try Platform(parsing: offered).distance(from: Platform(parsing: wanted)) == distance)
    }
}
