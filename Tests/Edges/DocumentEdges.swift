import Images
import Model

enum DocumentEdges {
    static func takeJSON(_ bytes: [UInt8]) throws -> Bool {
        let value: JSON
        do throws(JSONError) { value = try JSON(parsing: bytes) } catch {
            try Finding.expect(error.offset <= bytes.count, "\(error) is behind the end")
            return try Finding.refused(error.description)
        }
        try Finding.expect(try JSON(parsing: value.serialized()) == value, "it is written as something else")
        try Finding.expect(try JSON(parsing: value.pretty().utf8) == value, "it is printed as something else")
        let canonical = value.canonical()
        try Finding.expect(
            try JSON(parsing: canonical).canonical() == canonical, "its canonical form is not the only one")
        return true
    }

    /// As everything that it might be.
    static func takeDocument(_ bytes: [UInt8]) throws -> Bool {
        let asManifest = try accepts(bytes) { try ImageManifest(parsing: bytes, named: "d").bytes }
        let asIndex = try accepts(bytes) { try ImageIndex(parsing: bytes, named: "d").bytes }
        let asConfig = try accepts(bytes) { try ImageConfig(parsing: bytes, named: "d").bytes }
        return asManifest || asIndex || asConfig
    }

    private static func accepts(_ bytes: [UInt8], _ parse: () throws -> [UInt8]) throws -> Bool {
        do {
            try Finding.expect(try parse() == bytes, "its bytes are others")
            return true
        } catch let error as ImagesError { return try Finding.refused(error.description) }
    }

    /// Each line is a change; all together change a config.
    static func takeChange(_ bytes: [UInt8]) throws -> Bool {
        let start: JSON = [
            "architecture": "amd64", "os": "linux", "rootfs": ["type": "layers", "diff_ids": []],
            "config": ["Env": ["A=b"], "Cmd": ["sh"]],
        ]
        do {
            var changes: [ConfigChange] = []
            for line in bytes.split(separator: 0x0a) {
                changes.append(try ConfigChange(parsing: String(decoding: line, as: UTF8.self)))
            }
            let made = try ConfigChange.apply(changes, to: start).serialized()
            do { _ = try ImageConfig(parsing: made, named: "c") } catch {
                throw Finding("a change made a config that can't be read: \(error)")
            }
            return true
        } catch let error as ImagesError { return try Finding.refused(error.description) }
    }
}
