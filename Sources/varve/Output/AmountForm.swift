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
