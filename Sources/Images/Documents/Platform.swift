import Model

/// What an image runs on, in Go's names (image-spec, "Image Index", `platform`), normalised as containerd's `platforms`
/// package does: `x86_64` is `amd64`, `arm64/v8` is `arm64`, `arm` is `arm/v7`.
public struct Platform: Hashable, Sendable {
    public let os: String
    public let architecture: String
    public let variant: String?

    /// Why a text is no platform.
    public struct Invalid: Error, Hashable, Sendable {
        public let text: String
        public let reason: String
    }

    public init(os: String, architecture: String, variant: String? = nil) {
        self.os = os.lowercased() == "macos" ? "darwin" : os.lowercased()
        (self.architecture, self.variant) = Self.normalised(
            architecture.lowercased(), variant.flatMap { $0.isEmpty ? nil : $0.lowercased() })
    }

    /// - Parameter text: `os/architecture[/variant]`, or an architecture alone, for Linux.
    public init(parsing text: String) throws(Invalid) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), parts.allSatisfy(Self.isWord) else {
            throw Invalid(
                text: text, reason: "a platform is os/architecture or os/architecture/variant, such as linux/arm64")
        }
        if parts.count == 1 {
            self.init(os: "linux", architecture: parts[0])
            guard Self.architectures.contains(architecture) else {
                throw Invalid(text: text, reason: "it is no architecture that is known; say os/architecture")
            }
        } else {
            self.init(os: parts[0], architecture: parts[1], variant: parts.count == 3 ? parts[2] : nil)
        }
    }

    /// The machine that this runs on.
    public static let host: Platform = {
        #if arch(x86_64)
            Platform(os: "linux", architecture: "amd64")
        #elseif arch(arm64)
            Platform(os: "linux", architecture: "arm64")
        #else
            #error("name this architecture as GOARCH does")
        #endif
    }()

    /// How well an image for this platform serves where `wanted` was asked for: 0 where they are the same, more the
    /// older the variant, nil where it can't run there. A processor runs what was made for its older variants.
    public func distance(from wanted: Platform) -> Int? {
        guard os == wanted.os, architecture == wanted.architecture else { return nil }
        if variant == wanted.variant { return 0 }
        guard let offered = version, let limit = wanted.version, offered <= limit else { return nil }
        return limit - offered
    }

    /// The variant's number, of three digits at most. The first of each architecture has none in the normal form.
    private var version: Int? {
        guard let variant else { return architecture == "arm64" ? 8 : architecture == "amd64" ? 1 : nil }
        let digits = variant.utf8.dropFirst()
        guard variant.utf8.first == UInt8(ascii: "v"), digits.count <= 3 else { return nil }
        return Int(decimal: Array(digits)[...])
    }

    private static func normalised(_ architecture: String, _ variant: String?) -> (String, String?) {
        switch architecture {
        case "i386", "i686": ("386", nil)
        case "x86_64", "x86-64", "amd64": ("amd64", variant == "v1" ? nil : variant)
        case "aarch64", "arm64": ("arm64", variant == "8" || variant == "v8" || variant == "v8.0" ? nil : variant)
        case "armhf": ("arm", "v7")
        case "armel": ("arm", "v6")
        case "arm": ("arm", variant.map { $0.hasPrefix("v") ? $0 : "v\($0)" } ?? "v7")
        default: (architecture, variant)
        }
    }

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "-_.".utf8.contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
            }
    }

    /// What Go runs Linux on.
    private static let architectures: Set<String> = [
        "386", "amd64", "arm", "arm64", "loong64", "mips", "mipsle", "mips64", "mips64le", "ppc64", "ppc64le",
        "riscv64",
        "s390x",
    ]

    /// An attestation's place holder, and other content that runs nowhere.
    var isUnknown: Bool { os == "unknown" || architecture == "unknown" }

    init(reading members: Members) throws(Refusal) {
        /// Signatures and the like leave members empty.
        func word(_ key: String) throws(Refusal) -> String? {
            guard let text = try members.string(key), !text.isEmpty, !Self.isWord(text) else {
                return try members.string(key)
            }
            throw Refusal("'\(members.path(key))' is '\(Members.shown(text))', which is no platform's")
        }
        let os = try members.required("os", try word("os"))
        let architecture = try members.required("architecture", try word("architecture"))
        self.init(os: os, architecture: architecture, variant: try word("variant"))
    }

    var json: JSON {
        var members: [JSON.Member] = [
            JSON.Member("architecture", .string(architecture)), JSON.Member("os", .string(os)),
        ]
        if let variant { members.append(JSON.Member("variant", .string(variant))) }
        return .object(members)
    }
}

extension Platform: CustomStringConvertible {
    public var description: String { [os, architecture, variant].compactMap(\.self).joined(separator: "/") }
}
