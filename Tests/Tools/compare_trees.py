"""Compares two directory trees, file for file with all attributes. Prints what differs, and exits with 1 then.

Usage: compare_trees.py [--without ATTRIBUTE]... TREE OTHER
"""

import argparse
import hashlib
import os
import stat
import sys


def paths(root, below=b""):
    """All paths below a directory, parents first."""
    yield below or b"."
    with os.scandir(os.path.join(root, below)) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            path = os.path.join(below, entry.name)
            if entry.is_dir(follow_symlinks=False):
                yield from paths(root, path)
            else:
                yield path


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def attributes(path, status):
    kind = stat.S_IFMT(status.st_mode)
    found = {
        "kind": {stat.S_IFDIR: "directory", stat.S_IFREG: "file", stat.S_IFLNK: "symlink"}.get(kind, oct(kind)),
        "mode": oct(stat.S_IMODE(status.st_mode)),
        "uid": status.st_uid,
        "gid": status.st_gid,
        "mtime": status.st_mtime_ns,
        "xattrs": {
            name: os.getxattr(path, name, follow_symlinks=False)
            for name in sorted(os.listxattr(path, follow_symlinks=False))
        },
    }
    if kind in (stat.S_IFCHR, stat.S_IFBLK):
        found["device"] = (os.major(status.st_rdev), os.minor(status.st_rdev))
    if kind == stat.S_IFREG:
        found["size"], found["content"] = status.st_size, digest(path)
    if kind == stat.S_IFLNK:
        found["target"] = os.readlink(path)
    return found


def read(root):
    """The attributes of each path, with the first of all names that a file has as `links`."""
    tree, first = {}, {}
    for path in paths(root):
        full = os.path.join(root, path)
        status = os.lstat(full)
        tree[path] = attributes(full, status)
        if not stat.S_ISDIR(status.st_mode):
            tree[path]["links"] = first.setdefault((status.st_dev, status.st_ino), path)
    return tree


def differences(tree, other, without):
    for path in sorted(tree.keys() | other.keys()):
        if path not in tree or path not in other:
            yield f"{path!r}: only in the {'first' if path in tree else 'second'} tree"
            continue
        one, two = tree[path], other[path]
        for name in [name for name in {**one, **two} if name not in without]:
            if one.get(name) != two.get(name):
                yield f"{path!r}: {name}: {one.get(name)!r}, and {two.get(name)!r}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--without", action="append", default=[], metavar="ATTRIBUTE")
    parser.add_argument("trees", nargs=2)
    options = parser.parse_args()
    found = list(differences(*(read(os.fsencode(tree)) for tree in options.trees), options.without))
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
