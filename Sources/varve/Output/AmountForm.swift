import Engine
import Model
import ObjectStore

/// Numbers of bytes as people read them.
enum ByteCount {
    /// `17 B`, `3.2 MiB`: at most three digits before the point, one behind it.
    static func text(_ bytes: UInt64) -> String {
        if bytes < 1000 { return "\(bytes) B" }
        var value = Double(bytes) / 1024
        for unit in ["KiB", "MiB", "GiB", "TiB"] {
            if value < 999.95 || unit == "TiB" {
                let tenths = Int((value * 10).rounded())
                return "\(tenths / 10).\(tenths % 10) \(unit)"
            }
            value /= 1024
        }
        return "\(bytes) B"
    }

    /// Reads `500`, `64k`, `1.5G`: a number with a unit of 1024's powers, as docker takes sizes; a part of a byte is none. Nil for
    /// anything else.
    static func parse(_ text: String) -> UInt64? {
        let number = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let unit = text.dropFirst(number.count).lowercased()
        let powers = ["": 0, "b": 0, "k": 10, "m": 20, "g": 30, "t": 40]
        let name =
            unit.hasSuffix("ib")
            ? String(unit.dropLast(2)) : unit.count == 2 && unit.hasSuffix("b") ? String(unit.dropLast()) : unit
        guard let value = UInt64(parts[0]), let power = powers[name] else { return nil }
        let (bytes, isTooLarge) = value.multipliedReportingOverflow(by: 1 << UInt64(power))
        guard !isTooLarge else { return nil }
        guard parts.count == 2 else { return bytes }
        guard parts[1].first?.isNumber == true, let fraction = Double("0.\(parts[1])") else { return nil }
        // Less than one unit, which is no number that a Double could not tell.
        let (sum, isSumTooLarge) = bytes.addingReportingOverflow(UInt64(fraction * Double(UInt64(1) << UInt64(power))))
        return isSumTooLarge ? nil : sum
    }
}

extension Amount {
    var json: JSON { ["count": .integer(count), "bytes": .integer(bytes)] }
}

extension Collected {
    /// Each kind with its key in JSON and its name in tables.
    var kinds: [(key: String, name: String, amount: Amount)] {
        [
            ("objects", "objects", objects), ("bodies", "bodies", bodies), ("blobs", "compressed layers", blobs),
            ("images", "metadata images", images), ("checkouts", "written trees", checkouts),
            ("garbage", "garbage", garbage),
        ]
    }

    /// All kinds together.
    var bytes: UInt64 { kinds.reduce(0) { $0 + $1.amount.bytes } }
}
