"""Writes tar files and OCI image layouts byte by byte, so that anything can stand in them."""

import gzip
import hashlib
import json
import os
import subprocess

ZERO = bytes(1024)


def number(value, size):
    """Octal, or base 256 where it doesn't fit."""
    text = b"%0*o\0" % (size - 1, value) if value >= 0 else b""
    return text if len(text) == size else (value % (1 << 8 * size) | 0x80 << 8 * (size - 1)).to_bytes(size, "big")


def header(name, type, size, mode=0o644, uid=0, gid=0, mtime=0, link=b"", device=(0, 0)):
    """One ustar header, with names cut off where they are too long."""
    fields = (
        name[:100].ljust(100, b"\0") + number(mode, 8) + number(uid, 8) + number(gid, 8) + number(size, 12)
        + number(mtime, 12) + b" " * 8 + type + link[:100].ljust(100, b"\0") + b"ustar\00000" + bytes(64)
        + number(device[0], 8) + number(device[1], 8)
    ).ljust(512, b"\0")
    return fields[:148] + b"%06o\0 " % sum(fields) + fields[156:]


def padded(data):
    return data + bytes(-len(data) % 512)


def pax_records(records):
    data = b""
    for key, value in records.items():
        rest = b" %s=%s\n" % (os.fsencode(key), value)
        size = len(rest) + 1
        while len(rest) + len(str(size)) != size:
            size = len(rest) + len(str(size))
        data += str(size).encode() + rest
    return header(b"pax", b"x", len(data)) + padded(data)


def entry(name, type=b"0", data=b"", mtime=1_600_000_000, nanoseconds=0, link=b"", xattrs={}, mode=None, **fields):
    """An entry with a pax header where it needs one."""
    records = {}
    if len(name) > 100:
        records["path"] = name
    if len(link) > 100:
        records["linkpath"] = link
    if nanoseconds or mtime < 0:
        total = mtime * 1_000_000_000 + nanoseconds
        whole, rest = divmod(abs(total), 1_000_000_000)
        records["mtime"] = b"%s%d.%09d" % (b"-" if total < 0 else b"", whole, rest)
    records.update({"SCHILY.xattr." + key: value for key, value in xattrs.items()})
    if mode is None:
        mode = 0o755 if type == b"5" else 0o777 if type == b"2" else 0o644
    front = pax_records(records) if records else b""
    return front + header(name, type, len(data), mode, mtime=max(mtime, 0), link=link, **fields) + padded(data)


def tar(*entries):
    return b"".join(entries) + ZERO


def directory(name, **fields):
    return entry(name + b"/", b"5", **fields)


def file(name, data=b"", **fields):
    return entry(name, b"0", data, **fields)


def symlink(name, target, **fields):
    return entry(name, b"2", link=target, **fields)


def hardlink(name, target, **fields):
    return entry(name, b"1", link=target, **fields)


def whiteout(name):
    parent, _, last = name.rpartition(b"/")
    return entry((parent + b"/" if parent else b"") + b".wh." + last)


def opaque(name):
    return entry(name + b"/.wh..wh..opq")


COMPRESSIONS = {
    "none": ("", lambda data: data),
    "gzip": ("+gzip", lambda data: gzip.compress(data, 6, mtime=0)),
    "zstd": ("+zstd", lambda data: subprocess.run(["zstd", "-q"], input=data, stdout=-1, check=True).stdout),
}
OCI = "application/vnd.oci.image."


class Layout:
    """An OCI image layout in a directory."""

    def __init__(self, path):
        self.path, self.manifests, self.layers = path, [], {}
        os.makedirs(f"{path}/blobs/sha256")

    def blob(self, data, media_type):
        """Stores a blob and gives its descriptor."""
        hex = hashlib.sha256(data).hexdigest()
        with open(f"{self.path}/blobs/sha256/{hex}", "wb") as out:
            out.write(data)
        return {"mediaType": media_type, "digest": "sha256:" + hex, "size": len(data)}

    def layer(self, data, compression="gzip"):
        """Stores a tar file, compressed, once."""
        if (data, compression) not in self.layers:
            suffix, compress = COMPRESSIONS[compression]
            self.layers[data, compression] = self.blob(compress(data), OCI + "layer.v1.tar" + suffix)
        return self.layers[data, compression]

    def image(self, name, layers, compression="gzip", history=None, platform=("linux", "amd64"), change=lambda c: c):
        """Adds an image of tar files.

        change -- changes the config before it is written, and so the history and the diff_ids.
        """
        config = change({
            "created": "2026-01-02T03:04:05Z", "os": platform[0], "architecture": platform[1], "config": {"Cmd": ["sh"]},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(data).hexdigest() for data in layers]},
            "history": history or [{"created": "2026-01-02T03:04:05Z", "created_by": f"step {n}"}
                                   for n in range(1, len(layers) + 1)],
        })
        return self.manifest(
            name, config, [self.layer(data, compression) for data in layers], platform=platform)

    def manifest(self, name, config, layers, platform=None):
        """Adds an image of blobs, and gives the descriptor of its manifest."""
        manifest = {
            "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
            "config": self.blob(json.dumps(config).encode(), OCI + "config.v1+json"), "layers": layers,
        }
        descriptor = self.blob(json.dumps(manifest).encode(), OCI + "manifest.v1+json")
        if platform:
            descriptor["platform"] = {"os": platform[0], "architecture": platform[1]}
        if name:
            descriptor["annotations"] = {"org.opencontainers.image.ref.name": name}
        self.manifests.append(descriptor)
        return descriptor

    def finish(self):
        """Writes what makes it a layout."""
        with open(f"{self.path}/oci-layout", "w") as out:
            out.write('{"imageLayoutVersion":"1.0.0"}')
        with open(f"{self.path}/index.json", "w") as out:
            json.dump({"schemaVersion": 2, "manifests": self.manifests}, out)
