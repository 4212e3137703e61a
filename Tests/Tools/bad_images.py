"""Writes images that nobody should take, each a layout or an archive in the current directory."""

import shutil
import tarfile

from layout import *

GOOD = tar(directory(b"."), file(b"f", b"content"))
OTHER = tar(file(b"g", b"other"))


def layout(name, *layers, **options):
    """A layout of one image `bad:1`."""
    made = Layout(name)
    made.image("bad:1", layers or [GOOD], **options)
    made.finish()
    return made


def path_of(layout, kind):
    """The blob of a part of the one image: its manifest, config or last layer."""
    manifest = blob_path(layout.path, layout.manifests[0])
    with open(manifest) as text:
        parts = json.load(text)
    return {"manifest": manifest, "config": blob_path(layout.path, parts["config"]),
            "layer": blob_path(layout.path, parts["layers"][-1])}[kind]


def blob_path(path, descriptor):
    return f"{path}/blobs/" + descriptor["digest"].replace(":", "/")


def overwrite(path, change):
    with open(path, "rb") as source:
        data = change(source.read())
    with open(path, "wb") as target:
        target.write(data)


def flip(data):
    """The same with one bit in the middle turned over."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1:]


def blobs():
    for kind in ["manifest", "config", "layer"]:
        overwrite(path_of(layout(f"digest-{kind}"), kind), flip)
        overwrite(path_of(layout(f"size-{kind}"), kind), lambda data: data + b" ")
        overwrite(path_of(layout(f"short-{kind}"), kind), lambda data: data[:-1])
        os.remove(path_of(layout(f"missing-{kind}"), kind))
        path = path_of(layout(f"symlink-{kind}"), kind)
        os.rename(path, f"elsewhere-{kind}")
        os.symlink(os.path.abspath(f"elsewhere-{kind}"), path)


def counts():
    def diff_ids(change):
        return lambda config: config | {"rootfs": config["rootfs"] | {"diff_ids": change(config["rootfs"]["diff_ids"])}}
    layout("diff-ids-other", GOOD, OTHER, change=diff_ids(lambda ids: ids[::-1]))
    layout("diff-ids-few", GOOD, OTHER, change=diff_ids(lambda ids: ids[:1]))
    layout("diff-ids-many", GOOD, change=diff_ids(lambda ids: ids * 2))
    layout("history-few", GOOD, OTHER, history=[{"created_by": "one"}])
    layout("history-many", GOOD, history=[{"created_by": "one"}, {"created_by": "two"}])
    layout("history-empty", GOOD, history=[{"created_by": "one", "empty_layer": True}])


def streams():
    """Layers whose digests are right, and whose compressed data is not."""
    noise = tar(file(b"noise", os.urandom(100_000)))
    for compression in ["gzip", "zstd"]:
        suffix, compress = COMPRESSIONS[compression]
        packed = compress(noise) if compression == "gzip" else subprocess.run(
            ["zstd", "-q", "--check"], input=noise, stdout=-1, check=True).stdout
        for name, data in {"truncated": packed[:-1000], "flipped": flip(packed), "tail": packed + b"garbage"}.items():
            made = Layout(f"{name}-{compression}")
            config = {"os": "linux", "architecture": "amd64", "rootfs": {
                "type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(noise).hexdigest()]}}
            made.manifest("bad:1", config, [made.blob(data, OCI + "layer.v1.tar" + suffix)])
            made.finish()


def bombs():
    zeros = 64 << 20
    head = header(b"zeros", b"0", zeros)
    layout("bomb", head + bytes(zeros) + ZERO)
    layout("entries", tar(*(file(b"%d" % n) for n in range(1000))))


def documents():
    def manifest(name, text):
        made = Layout(name)
        descriptor = made.blob(text, OCI + "manifest.v1+json")
        made.manifests = [descriptor | {"annotations": {"org.opencontainers.image.ref.name": "bad:1"}}]
        made.finish()
    manifest("json-large", b'{"schemaVersion": 2, "x": "' + b"x" * (5 << 20) + b'"}')
    manifest("json-deep", b'{"schemaVersion": 2, "x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}")
    manifest("json-twice", b'{"schemaVersion": 2, "layers": [], "layers": []}')
    manifest("json-none", b"no document")
    manifest("json-cut", b'{"schemaVersion": 2, ')
    manifest("json-list", b"[]")
    manifest("schema1", b'{"schemaVersion": 1, "name": "a", "tag": "b", "fsLayers": [], "history": []}')
    made = layout("index-large")
    overwrite("index-large/index.json", lambda data: data[:-1] + b" " * (5 << 20) + b"}")
    made = layout("version")
    overwrite("version/oci-layout", lambda data: data.replace(b"1.0.0", b"2.0.0"))
    made = layout("no-index")
    os.remove("no-index/index.json")
    os.mkdir("no-layout")
    layout("config-large", change=lambda config: config | {"x": "x" * (17 << 20)})

    made = Layout("platforms")
    images = [made.image(None, [GOOD], platform=platform)
              for platform in [("linux", "s390x"), ("linux", "arm64"), ("windows", "amd64")]]
    index = made.blob(json.dumps({"schemaVersion": 2, "manifests": images}).encode(), OCI + "index.v1+json")
    made.manifests = [index | {"annotations": {"org.opencontainers.image.ref.name": "bad:1"}}]
    made.finish()

    made = Layout("foreign")
    layer = made.layer(GOOD) | {"mediaType": OCI + "layer.nondistributable.v1.tar+gzip", "urls": ["https://example.org/l"]}
    os.remove(blob_path(made.path, layer))
    made.manifest("bad:1", {"os": "linux", "architecture": "amd64", "rootfs": {
        "type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(GOOD).hexdigest()]}}, [layer])
    made.finish()

    made = Layout("two")
    for name in ["a:1", "b:1"]:
        made.image(name, [GOOD], change=lambda config: config | {"author": name})
    made.finish()
    made = Layout("unnamed")
    made.image(None, [GOOD])
    made.finish()
    Layout("none").finish()


def entries():
    layout("bare-whiteout", tar(directory(b"d"), entry(b"d/.wh.")))
    layout("file-parent", GOOD, tar(file(b"f/inside", b"x")))
    layout("nul", tar(pax_records({"path": b"a\0b"}) + file(b"x")))
    layout("dotdot", tar(file(b"../x")))
    layout("inner-dotdot", tar(file(b"a/../../x")))
    layout("long", tar(file(b"/".join([b"n" * 99] * 100))))
    layout("component", tar(file(b"n" * 256)))
    layout("self-link", tar(hardlink(b"a", b"a")))
    layout("no-target", tar(hardlink(b"a", b"b")))
    layout("link-out", tar(hardlink(b"a", b"../../etc/passwd")))
    layout("deep", tar(directory(b"/".join([b"d"] * 600))))
    layout("loop", tar(symlink(b"a", b"b"), symlink(b"b", b"a"), file(b"a/x")))
    layout("text", b"this is no archive\n" * 100)
    layout("cut", GOOD[:700])
    layout("root-file", tar(file(b".", b"x")))
    layout("whiteout-of-nothing", tar(whiteout(b"never/was"), whiteout(b"nor-this"), opaque(b"nowhere")))


def archives():
    """Archives of layouts, and of docker's."""
    def archive(name, *members):
        with tarfile.open(name, "w") as out:
            for path, arcname in members:
                out.add(path, arcname)
    layout("good")
    archive("good.tar", ("good", "."))
    shutil.copy("good.tar", "cut.tar")
    os.truncate("cut.tar", 2000)
    with open("good.tar", "rb") as source, open("cut.tar.gz", "wb") as target:
        target.write(gzip.compress(source.read())[:-100])
    open("empty.tar", "w").close()
    with open("text.tar", "w") as target:
        target.write("this is no archive\n" * 100)
    archive("symlinks.tar", ("symlink-layer", "."))
    archive("files.tar", ("good/index.json", "some/file"))
    config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": [
        "sha256:" + hashlib.sha256(GOOD).hexdigest()]}}).encode()
    digest = hashlib.sha256(config).hexdigest()
    with open("docker.json", "w") as target:
        json.dump([{"Config": f"{digest}.json", "RepoTags": ["bad:1"], "Layers": ["../../etc/passwd"]}], target)
    with open("config.json", "wb") as target:
        target.write(config)
    archive("docker.tar", ("docker.json", "manifest.json"), ("config.json", f"{digest}.json"))


for write in [blobs, counts, streams, bombs, documents, entries, archives]:
    write()
