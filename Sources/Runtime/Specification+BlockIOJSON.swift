import Model

extension Specification.BlockIO {
    init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        self.init()
        weight = try fields.number("weight", UInt16.self)
        leafWeight = try fields.number("leafWeight", UInt16.self)
        weightDevices = try fields.list("weightDevice") { value, name throws(RuntimeError) in
            try WeightDevice(parsing: value, name)
        }
        readBytes = try fields.throttled("throttleReadBpsDevice")
        writeBytes = try fields.throttled("throttleWriteBpsDevice")
        readOperations = try fields.throttled("throttleReadIOPSDevice")
        writeOperations = try fields.throttled("throttleWriteIOPSDevice")
        try fields.finish()
    }

    /// Nil where it says nothing.
    var json: JSON? {
        var fields = FieldWriter()
        fields.add("weight", weight)
        fields.add("leafWeight", leafWeight)
        fields.list("weightDevice", weightDevices) { $0.json }
        fields.throttled("throttleReadBpsDevice", readBytes)
        fields.throttled("throttleWriteBpsDevice", writeBytes)
        fields.throttled("throttleReadIOPSDevice", readOperations)
        fields.throttled("throttleWriteIOPSDevice", writeOperations)
        return fields.jsonUnlessEmpty
    }
}

extension Specification.BlockIO.WeightDevice {
    fileprivate init(parsing json: JSON, _ name: String) throws(RuntimeError) {
        var fields = try FieldReader(json, name)
        self.init(
            major: try fields.requiredNumber("major"), minor: try fields.requiredNumber("minor"),
            weight: try fields.number("weight", UInt16.self), leafWeight: try fields.number("leafWeight", UInt16.self))
        try fields.finish()
    }

    fileprivate var json: JSON {
        var fields = FieldWriter()
        fields.add("major", major)
        fields.add("minor", minor)
        fields.add("weight", weight)
        fields.add("leafWeight", leafWeight)
        return fields.json
    }
}

extension FieldReader {
    fileprivate mutating func throttled(
        _ key: String
    ) throws(RuntimeError) -> [Specification.BlockIO.ThrottledDevice] {
        try list(key) { value, name throws(RuntimeError) in
            var fields = try FieldReader(value, name)
            let device = Specification.BlockIO.ThrottledDevice(
                major: try fields.requiredNumber("major"), minor: try fields.requiredNumber("minor"),
                rate: try fields.requiredNumber("rate"))
            try fields.finish()
            return device
        }
    }
}

extension FieldWriter {
    fileprivate mutating func throttled(
        _ key: String, _ devices: [Specification.BlockIO.ThrottledDevice]
    ) {
        list(key, devices) {
            ["major": .integer($0.major), "minor": .integer($0.minor), "rate": .integer($0.rate)]
        }
    }
}
