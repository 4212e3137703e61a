import Linux

extension Specification.BlockIO {
    func limits() throws(RuntimeError) -> [Limit] {
        var limits: [Limit] = []
        if let weight, weight != 0 { limits.append(try Self.weight(weight, of: "", "blockIO.weight")) }
        if let leafWeight, leafWeight != 0 { limits.append(Self.leafWeight(leafWeight, of: "")) }
        for device in weightDevices {
            let prefix = "\(device.major):\(device.minor) "
            if let weight = device.weight, weight != 0 {
                limits.append(try Self.weight(weight, of: prefix, "blockIO.weightDevice"))
            }
            if let weight = device.leafWeight, weight != 0 { limits.append(Self.leafWeight(weight, of: prefix)) }
        }
        let throttles = [
            ("bytes read", "read_bps", "rbps", readBytes), ("bytes written", "write_bps", "wbps", writeBytes),
            ("reads", "read_iops", "riops", readOperations), ("writes", "write_iops", "wiops", writeOperations),
        ]
        for (what, legacy, unified, devices) in throttles {
            limits += devices.map { device in
                let number = "\(device.major):\(device.minor)"
                return Limit(
                    "limit \(what) a second", "\(number) \(device.rate)", .io,
                    // On version 1 it is 0 that lifts a limit.
                    unified: [
                        Limit.Write("io.max", "\(number) \(unified)=\(device.rate == 0 ? "max" : "\(device.rate)")")
                    ],
                    legacy: [Limit.Write("blkio.throttle.\(legacy)_device", "\(number) \(device.rate)")],
                    liftsOnly: device.rate == 0)
            }
        }
        return limits
    }

    /// The scheduler BFQ has a weight of its own; without it there is, on version 2, that of `io.cost`, from 1 to 10,000.
    private static func weight(_ weight: UInt16, of device: String, _ field: String) throws(RuntimeError) -> Limit {
        guard (10...1000).contains(weight) else { throw wrong(field, "\(weight) is not 10 to 1000") }
        let converted = 1 + (UInt64(weight) - 10) * 9999 / 990
        let suffix = device.isEmpty ? "" : "_device"
        return Limit(
            "set block I/O weight", "\(device)\(weight)", .io,
            unified: [
                Limit.Write(choices: [
                    .init(file: "io.bfq.weight", text: "\(device)\(weight)"),
                    .init(file: "io.weight", text: "\(device)\(converted)"),
                ])
            ],
            legacy: [
                Limit.Write(choices: [
                    .init(file: "blkio.bfq.weight\(suffix)", text: "\(device)\(weight)"),
                    .init(file: "blkio.weight\(suffix)", text: "\(device)\(weight)"),
                ])
            ])
    }

    private static func leafWeight(_ weight: UInt16, of device: String) -> Limit {
        let suffix = device.isEmpty ? "" : "_device"
        return Limit(
            "set block I/O leaf weight", "\(device)\(weight)", .io,
            legacy: [Limit.Write("blkio.leaf_weight\(suffix)", "\(device)\(weight)")])
    }
}
