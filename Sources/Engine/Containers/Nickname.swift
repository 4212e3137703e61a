/// Names for containers that were given none: `quiet-delta`.
enum Nickname {
    private static let manners = [
        "amber", "ashen", "brisk", "calm", "clear", "coarse", "cold", "deep", "distant", "dry", "early", "faint",
        "fine", "firm", "gentle", "grey", "late", "level", "light", "loose", "mild", "narrow", "pale", "patient",
        "plain", "quiet", "rough", "sandy", "shallow", "silent", "silver", "slow", "smooth", "steady", "still",
        "sunken", "thin", "tidal", "upper", "warm", "wide", "young",
    ]
    private static let places = [
        "bank", "basin", "bay", "bed", "bluff", "brook", "clay", "cliff", "core", "cove", "creek", "delta", "drift",
        "dune", "esker", "fan", "fen", "fjord", "ford", "glacier", "gravel", "ice", "lake", "ledge", "loam", "marl",
        "marsh", "moraine", "mud", "peat", "pond", "reef", "ridge", "river", "sand", "shale", "shelf", "shoal",
        "silt", "spit", "stream", "till",
    ]

    /// 1,764 pairs and 65,536 numbers: two at once are unlikely, and refused by name where they happen.
    static func random() -> String {
        let number = String(UInt16.random(in: .min ... .max), radix: 16)
        return "\(manners.randomElement() ?? "plain")-\(places.randomElement() ?? "bed")-\(number)"
    }
}
