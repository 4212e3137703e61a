"""The image that is loaded and saved: five layers on Debian's root, 300 MB, built by buildah and kept in the cache."""

import io
import json
import os
import shutil
import subprocess
import tarfile

from .measure import CommandFailed, done, say
from .payload import Payload

IMAGE = "bench:load"
NAME = f"docker.io/library/{IMAGE}"


class Archives:
    """One image twice: with its layers as they are, as docker saves them, and compressed by gzip."""

    def __init__(self, cache, work, base, big):
        self.plain, self.gzip = f"{cache}/load.tar", f"{cache}/load-gzip.tar"
        if not os.path.exists(self.plain) or not os.path.exists(self.gzip):
            say("making load.tar and load-gzip.tar: an image of five layers")
            Builder(f"{work}/buildah", base, big).build(self.plain, self.gzip)
        self.diff_ids = diff_ids(self.plain)
        say(f"image: {len(self.diff_ids)} layers, {megabytes(self.plain)}, with gzip {megabytes(self.gzip)}")


class Builder:
    """Layers: the base, the payload in three parts, and an upgrade of 30 MB of it."""

    def __init__(self, directory, base, big):
        self.directory, self.base, self.big = directory, base, big
        os.makedirs(directory)

    def command(self, *arguments):
        return ["buildah", "--root", f"{self.directory}/root", "--runroot", f"{self.directory}/run",
                "--storage-driver", "overlay", *arguments]

    def build(self, plain, gzip):
        payload = Payload(f"{self.directory}/payload", self.base, self.big)
        image = self.layer("scratch", "base", self.base)
        for number, paths in enumerate(parts(payload), 1):
            image = self.layer(image, f"part-{number}", self.copy(payload, paths))
        payload.renew(1)
        # Named as it leaves, since buildah writes every name that an image has.
        image = self.layer(image, NAME, self.copy(payload, first(payload.files, 30_000_000)))
        done(self.command("push", "--quiet", image, f"docker-archive:{plain}.part:{NAME}"))
        done(self.command("push", "--quiet", image, f"oci-archive:{gzip}.part:{NAME}"))
        add_docker_manifest(f"{gzip}.part")
        for path in (plain, gzip):
            os.rename(f"{path}.part", path)
        shutil.rmtree(self.directory)

    def layer(self, image, name, source):
        """An image with one layer more, of what is in a directory or a tar file."""
        container = done(self.command("from", image)).strip()
        done(self.command("add", "--quiet", container, source, "/"))
        done(self.command("commit", "--quiet", "--rm", container, name))
        return name

    def copy(self, payload, paths):
        """A tar file of some of the payload."""
        target = f"{self.directory}/layer.tar"
        names = (os.fsencode(os.path.relpath(path, payload.directory)) for path in paths)
        subprocess.run(
            ["tar", "-c", "-C", payload.directory, "-f", target, "--null", "--verbatim-files-from", "-T", "-"],
            input=b"\0".join(names) + b"\0", check=True,
        )
        return target


def parts(payload):
    """The payload's files and symlinks in three lists, of about as many bytes each."""
    lists, total = ([], [], []), 0
    for path in sorted(path for path in payload.everything() if os.path.islink(path) or os.path.isfile(path)):
        lists[min(2, total * 3 // payload.bytes)].append(path)
        total += os.lstat(path).st_size
    return lists


def first(paths, limit):
    """As many as have about so many bytes."""
    chosen, total = [], 0
    for path in sorted(paths):
        if total < limit:
            chosen.append(path)
            total += os.lstat(path).st_size
    return chosen


def add_docker_manifest(path):
    """Makes an OCI archive one that docker loads too, as newer dockers write them: it looks for manifest.json alone."""
    with tarfile.open(path) as archive:
        manifest = oci_manifest(archive)
    text = json.dumps([{
        "Config": blob(manifest["config"]), "RepoTags": [IMAGE],
        "Layers": [blob(layer) for layer in manifest["layers"]],
    }]).encode()
    with tarfile.open(path, "a") as archive:
        entry = tarfile.TarInfo("manifest.json")
        entry.size, entry.mode = len(text), 0o644
        archive.addfile(entry, io.BytesIO(text))


def blob(descriptor):
    return "blobs/" + descriptor["digest"].replace(":", "/")


def oci_manifest(archive):
    index = json.load(archive.extractfile("index.json"))
    return json.load(archive.extractfile(blob(index["manifests"][0])))


def diff_ids(path):
    """What the config of a docker-archive's one image says its layers are."""
    with tarfile.open(path) as archive:
        manifest = json.load(archive.extractfile("manifest.json"))[0]
        return json.load(archive.extractfile(manifest["Config"]))["rootfs"]["diff_ids"]


def check_layers(path, compression, expected):
    """Fails where the layers of an OCI archive are others, or not compressed by `gzip` or `zstd`."""
    with tarfile.open(path) as archive:
        layers = oci_manifest(archive)["layers"]
    script = 'tar -xOf "$1" "$2" | "$3" -dc | sha256sum'
    found = [
        "sha256:" + done(["sh", "-c", script, "sh", path, blob(layer), compression]).split()[0] for layer in layers
    ]
    kinds = {layer["mediaType"].rpartition("+")[2] for layer in layers}
    if found != expected or kinds != {compression}:
        raise CommandFailed(["check", path], 1, f"layers {found}, compressed by {kinds}")


def megabytes(path):
    return f"{os.path.getsize(path) / 1e6:.0f} MB"
