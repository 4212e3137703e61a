"""Writes images of 1 to 12 layers that have in them what other tools lose.

Usage: rich_layers.py LAYOUT COMPRESSION [BUSYBOX]
"""

import struct
import sys

from layout import *

NAME = b"n" * 255
CAPABILITY = struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0)  # cap_net_bind_service=ep
ACL = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", *entry)
    for entry in [(1, 6, 0xFFFFFFFF), (2, 4, 1000), (4, 4, 0xFFFFFFFF), (16, 4, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)])
ODD = b"\xff\xfe odd\nname"
DEEP = b"/".join([b"deep" + b"x" * 90] * 8)


def sparse(name):
    """A file of 1 MiB with one block of data in the middle, as GNU tar writes it for pax (format 1.0)."""
    data = b"1\n524288\n4096\n".ljust(512, b"\0") + b"s" * 4096
    records = {"GNU.sparse.major": b"1", "GNU.sparse.minor": b"0", "GNU.sparse.name": name,
               "GNU.sparse.realsize": b"1048576"}
    return pax_records(records) + header(b"GNUSparseFile.0/x", b"0", len(data), mtime=7) + data


def gnu_long(name, data):
    long = header(b"././@LongLink", b"L", len(name) + 1) + padded(name + b"\0")
    return long + header(name[:100], b"0", len(data), mtime=9) + padded(data)


def base(busybox):
    return tar(
        directory(b".", mtime=1_500_000_000, nanoseconds=123_456_789),
        *(directory(name) for name in [b"bin", b"etc", b"proc", b"sys", b"dev", b"usr", b"usr/lib", b"usr/bin", b"srv"]),
        file(b"bin/busybox", busybox, mode=0o755), symlink(b"bin/sh", b"busybox"), symlink(b"bin/cat", b"busybox"),
        symlink(b"lib", b"usr/lib", nanoseconds=5), directory(b"tmp", mode=0o1777),
        directory(b"etc/conf.d", xattrs={"user.dir": b"on a directory", "system.posix_acl_default": ACL}),
        *(file(b"etc/conf.d/%d" % n, b"%d\n" % n) for n in range(5)),
        file(b"etc/passwd", b"root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/:/bin/sh\n"),
        file(b"etc/acl", b"acl", mode=0o640, xattrs={"system.posix_acl_access": ACL}),
        file(b"etc/attributes", b"x", xattrs={"user.bytes": b"\0\xff=\n", "trusted.t": b"t"}),
        file(b"usr/bin/ping", b"#!/bin/sh\n", mode=0o755, xattrs={"security.capability": CAPABILITY}),
        file(b"usr/bin/su", b"su", mode=0o4755), file(b"usr/bin/wall", b"wall", mode=0o2755, gid=5),
        file(b"usr/lib/libc.so", b"library", mtime=1_600_000_000, nanoseconds=1),
        *(hardlink(name, b"usr/lib/libc.so", nanoseconds=1) for name in [b"usr/lib/libc.so.6", b"usr/bin/libc"]),
        entry(b"dev/null", b"3", mode=0o666, device=(1, 3)), entry(b"dev/loop", b"4", mode=0o660, gid=6, device=(7, 300)),
        entry(b"srv/fifo", b"6"), sparse(b"srv/sparse"),
        file(b"srv/old", b"old", mtime=-2, nanoseconds=500_000_000), file(b"srv/far", b"", mtime=5_000_000_000),
        file(b"srv/" + ODD, b"odd"), file(b"srv/" + NAME, b"long"), symlink(b"srv/far-link", b"t" * 4000),
        gnu_long(b"srv/" + b"g" * 200, b"gnu"),
        *(directory(b"srv/" + b"/".join(DEEP.split(b"/")[:n])) for n in range(1, 9)), file(b"srv/" + DEEP + b"/f", b"deep"),
        file(b"srv/owned", b"o", uid=4_000_000, gid=3_000_000), directory(b"srv/empty"),
    )


def layers(busybox):
    yield base(busybox)
    # A hard link to a file below, a whiteout, attributes of a directory.
    yield tar(hardlink(b"usr/bin/again", b"usr/lib/libc.so.6"), whiteout(b"etc/conf.d/1"),
              directory(b"srv/empty", mode=0o700, uid=7, nanoseconds=9))
    # The mark comes last, and what the layer itself brings stays.
    yield tar(directory(b"etc/conf.d", mode=0o750), file(b"etc/conf.d/new", b"new"), file(b"etc/conf.d/2", b"two again"),
              opaque(b"etc/conf.d"))
    # A file becomes a directory, a directory a file.
    yield tar(directory(b"srv/old"), file(b"srv/old/inside", b"in"), file(b"srv/empty", b"no directory any more"))
    # Through the symlink `lib`.
    yield tar(file(b"lib/through", b"t", nanoseconds=77), directory(b"lib/sub"), file(b"lib/sub/f", b"f"))
    # As `chmod -R` and `chown -R` leave it.
    yield tar(directory(b"etc/conf.d", mode=0o700, uid=33, gid=33),
              *(file(b"etc/conf.d/" + name, data, mode=0o600, uid=33, gid=33)
                for name, data in [(b"2", b"two again"), (b"new", b"new")]))
    yield tar(whiteout(b"srv/" + ODD), whiteout(b"srv/sparse"), whiteout(b"usr/bin/libc"), whiteout(b"never/was"))
    # There again, otherwise.
    yield tar(file(b"srv/" + ODD, b"back", xattrs={"user.back": b"1"}), directory(b"srv/sparse"),
              symlink(b"usr/bin/libc", b"/usr/lib/libc.so"))
    # Nothing at all.
    yield ZERO
    # One name of three goes its own way.
    yield tar(file(b"usr/lib/libc.so.6", b"another library"))
    # Other attributes, no more capabilities, a symlink that becomes a directory.
    yield tar(file(b"usr/bin/ping", b"#!/bin/sh\n", mode=0o755), file(b"etc/attributes", b"x", xattrs={"user.bytes": b"\0"}),
              directory(b"usr/bin/libc"), file(b"usr/bin/libc/f", b"f"))
    # Other devices, one name more for a file with several, and a directory that goes and comes in one layer.
    yield tar(entry(b"dev/null", b"3", mode=0o600, device=(1, 5)), whiteout(b"srv/old"), directory(b"srv/old"),
              file(b"srv/old/later", b"later"), hardlink(b"srv/old/c", b"usr/lib/libc.so"))


def main():
    path, compression, *rest = sys.argv[1:]
    with open(rest[0] if rest else "/bin/busybox", "rb") as file:
        made = list(layers(file.read()))
    layout = Layout(path)
    for count in range(1, len(made) + 1):
        empty = [{"created": "2026-01-02T03:04:05Z", "created_by": "ENV A=b", "empty_layer": True}] if count % 3 == 0 else []
        history = [{"created": f"2026-01-02T03:{n:02}:05.123Z", "created_by": f"step {n}"} for n in range(1, count + 1)]
        layout.image(f"hand:{count}", made[:count], compression, history + empty)
    layout.finish()


if __name__ == "__main__":
    main()
