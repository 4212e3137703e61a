import Images
import Model

/// Documents to start from: each test changes what it is about.
enum Sample {
    static let layer = Digest.sha256(of: Array("layer".utf8))
    static let diff = Digest.sha256(of: Array("diff".utf8))

    static func descriptor(_ type: String, _ digest: Digest = layer, size: Int64 = 7) -> JSON {
        ["mediaType": .string(type), "digest": .string("\(digest)"), "size": .integer(size)]
    }

    static let manifest: JSON = [
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json"),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip")],
    ]

    static let index: JSON = [
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [descriptor("application/vnd.oci.image.manifest.v1+json")],
    ]

    static let config: JSON = [
        "created": "2026-11-23T20:33:52.5Z", "author": "a", "architecture": "amd64", "os": "linux",
        "config": ["Cmd": ["sh"], "Env": ["PATH=/bin"]],
        "rootfs": ["type": "layers", "diff_ids": [.string("\(diff)")]],
        "history": [
            ["created": "2026-11-23T20:33:51Z", "created_by": "ADD", "comment": "c", "author": "b"],
            ["created_by": "CMD", "empty_layer": true],
        ],
    ]
}

extension JSON {
    /// The same object with one member set, or with nil taken out.
    func with(_ key: String, _ value: JSON?) -> JSON {
        guard var members = object else { return self }
        let place = members.firstIndex { $0.key == key }
        switch (place, value) {
        case (let place?, let value?): members[place].value = value
        case (let place?, nil): members.remove(at: place)
        case (nil, let value?): members.append(JSON.Member(key, value))
        case (nil, nil): break
        }
        return .object(members)
    }
}
