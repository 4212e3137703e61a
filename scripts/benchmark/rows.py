"""The rows of the table: what is measured, and what each tool does for it."""

import json
import os
import shutil

from .engines import BASE
from .measure import done, timed

ROWS = {}


class Leg:
    """One tool's part in one row. Only `argv` is timed."""

    def __init__(self, bench, tool=None):
        self.bench, self.tool = bench, tool
        self.name = tool.name if tool else self.__class__.name
        # Whether the memory that the command takes is told.
        self.shows_peak = False

    def open(self):
        """Before the first round."""

    def before(self, number):
        """Before each round."""

    def argv(self, number):
        raise NotImplementedError

    def sample(self, number):
        """What is measured, in the row's unit, and the peak memory of it."""
        return timed(self.argv(number))

    def after(self, number):
        """After each round."""

    def close(self):
        """After the last round, also when a round failed."""


class Row:
    def __init__(self, key, title, rounds, leg, alone=(), unit="s"):
        self.key, self.title, self.rounds, self.unit = key, title, rounds, unit
        self.leg, self.alone = leg, alone
        ROWS[key] = self

    def make(self, bench):
        """The row's legs: each engine's, then those of tools that have no part in other rows."""
        return [self.leg(bench, engine) for engine in bench.engines] + [leg(bench) for leg in self.alone]


# Import: each round into a store that has not seen the input. First of the rows, since docker has one store only.


class Import(Leg):
    def before(self, number):
        self.fresh = self.tool.fresh(number)
        os.sync()

    def argv(self, number):
        return self.fresh.import_command("bench:import")

    def after(self, number):
        if self.fresh is self.tool:
            self.tool.remove_image("bench:import")
        else:
            shutil.rmtree(self.fresh.directory)


class IntoDirectory(Leg):
    """A tool that writes the root into a directory which is removed again."""

    def before(self, number):
        self.directory = os.path.join(self.bench.work, f"{self.__class__.__name__}-{number}")
        os.makedirs(self.directory)
        self.prepare()
        os.sync()

    def prepare(self):
        pass

    def after(self, number):
        shutil.rmtree(self.directory)


class Untar(IntoDirectory):
    name = "tar -x"

    def argv(self, number):
        return ["tar", "-xp", "-C", self.directory, "-f", self.bench.base_tar]


class UntarSync(Untar):
    name = "tar -x; sync -f"

    def argv(self, number):
        return ["sh", "-c", 'tar -xp -C "$1" -f "$2" && sync -f "$1"', "sh", self.directory, self.bench.base_tar]


class OSTree(IntoDirectory):
    """ostree takes no device nodes: /dev stays out of its input."""

    name = "ostree"

    def open(self):
        self.input = os.path.join(self.bench.work, "ostree.tar")
        shutil.copyfile(self.bench.base_tar, self.input)
        done(["tar", "--delete", "-f", self.input, "./dev"])

    def prepare(self):
        done(["ostree", "init", "--mode=bare", f"--repo={self.directory}"])

    def argv(self, number):
        return ["ostree", "commit", f"--repo={self.directory}", "-b", "base", f"--tree=tar={self.input}"]

    def close(self):
        os.remove(self.input)


# A container from nothing to its end.


def make_bundle(bench, directory, command):
    """An OCI bundle of the base image with a root of its own."""
    os.makedirs(f"{directory}/rootfs")
    done(["tar", "-xp", "-C", f"{directory}/rootfs", "-f", bench.base_tar])
    done(["crun", "spec", "--bundle", directory])
    path = f"{directory}/config.json"
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    document["process"]["terminal"] = False
    document["process"]["args"] = command
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file)


class Run(Leg):
    def open(self):
        self.tool.base()

    def argv(self, number):
        return self.tool.run_command("--rm", BASE, "true")


class CrunRun(Leg):
    """crun on an unpacked root: no image store, no overlay, no network to set up."""

    name = "crun"

    def open(self):
        self.bundle = os.path.join(self.bench.work, "bundle")
        make_bundle(self.bench, self.bundle, ["true"])

    def argv(self, number):
        return [
            "crun", "--root", f"{self.bundle}/state", "--cgroup-manager=disabled",
            "run", "--bundle", self.bundle, f"bench-{number}",
        ]

    def sample(self, number):
        return self.bench.private_cgroups().timed(self.argv(number))

    def close(self):
        shutil.rmtree(self.bundle)


# Commits and differences.


class CommitSmall(Leg):
    """One container that writes one small file each time it is started, and is committed each time."""

    def open(self):
        image = self.tool.branch("bench:small")
        script = "date +%s%N >/stamp"
        done(self.tool.run_command("--name", "small", image, "sh", "-c", script))

    def before(self, number):
        self.tool.start("small")
        os.sync()

    def argv(self, number):
        return self.tool.commit_command("small", "bench:small")

    def close(self):
        self.tool.remove("small")


class Installed(Leg):
    """A container in which the payload was copied over the root, new in each round."""

    def open(self):
        self.payload = self.bench.payload()
        self.container = self.__class__.__name__.lower()
        self.tool.base()

    def before(self, number):
        self.payload.renew(number)
        mount = ["-v", f"{self.payload.directory}:/mnt:ro"]
        done(self.tool.run_command("--name", self.container, *mount, BASE, "cp", "-a", "/mnt/.", "/"))
        os.sync()

    def after(self, number):
        self.tool.remove(self.container)


class CommitBig(Installed):
    def argv(self, number):
        return self.tool.commit_command(self.container, f"bench:big-{number}")

    def after(self, number):
        super().after(number)
        self.tool.remove_image(f"bench:big-{number}")


class DiffFirst(Installed):
    def argv(self, number):
        return self.tool.diff_command(self.container)


class Diff(Installed):
    """The same container looked at again and again."""

    def open(self):
        super().open()
        super().before(0)

    def before(self, number):
        pass

    def after(self, number):
        pass

    def argv(self, number):
        return self.tool.diff_command(self.container)

    def close(self):
        self.tool.remove(self.container)


Row("import", "import of a Debian root, 170 MB", 5, Import, [Untar, UntarSync, OSTree])
Row("run", "run --rm true, no network", 20, Run, [CrunRun])
Row("commit-small", "commit, one small file", 20, CommitSmall)
Row("commit-big", "commit, 2,800 files in 100 MB", 5, CommitBig)
Row("diff-first", "container diff after those files, first look", 5, DiffFirst)
Row("diff", "container diff, the same container again", 10, Diff)
