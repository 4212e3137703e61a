"""The rows about images in and out. What each tool leaves is checked once, after the warm-up."""

import os
import shutil

from .archives import IMAGE, check_layers, diff_ids, megabytes
from .measure import CommandFailed, done, say
from .rows import Leg, Row

# In: each round into a store that has none of the layers.


class Load(Leg):
    """From an archive with layers as they are."""

    def archive(self):
        return self.bench.archives().plain

    def open(self):
        self.shows_peak = self.tool.works_itself
        self.input = self.archive()

    def before(self, number):
        self.fresh = self.tool.fresh(number)
        os.sync()

    def argv(self, number):
        return self.fresh.load_command(self.input)

    def after(self, number):
        if number == 0:
            found = self.fresh.diff_ids(IMAGE)
            if found != self.bench.archives().diff_ids:
                raise CommandFailed(self.argv(number), 0, f"the layers are {found}")
        if self.fresh is self.tool:
            removed = done(self.tool.command("rmi", IMAGE))
            if "Deleted: " not in removed:
                raise CommandFailed(self.argv(number), 0, "its layers could not be removed")
        else:
            shutil.rmtree(self.fresh.directory)


class LoadGzip(Load):
    def archive(self):
        return self.bench.archives().gzip


# Out: of an image that was loaded from the archive without compression, so that its layers have to be compressed.


class Save(Leg):
    """Into an archive with compressed layers."""

    compression = "gzip"

    def open(self):
        self.shows_peak = self.tool.works_itself
        self.output = os.path.join(self.bench.work, "saved.tar")
        done(self.tool.load_command(self.bench.archives().plain))

    def before(self, number):
        os.sync()

    def argv(self, number):
        return self.tool.save_command(IMAGE, self.output, self.compression)

    def after(self, number):
        if number == 0:
            self.check()
            say(f"{self.name}: {megabytes(self.output)}")
        os.remove(self.output)

    def check(self):
        if self.tool.saves_layers:
            return check_layers(self.output, self.compression, self.bench.archives().diff_ids)
        # The archive is compressed as a whole.
        plain = f"{self.output}.plain"
        done(["sh", "-c", '"$1" -dc "$2" >"$3"', "sh", self.compression, self.output, plain])
        found = diff_ids(plain)
        os.remove(plain)
        if found != self.bench.archives().diff_ids:
            raise CommandFailed(self.argv(0), 0, f"the layers are {found}")

    def close(self):
        self.tool.remove_image(IMAGE)


class SaveZstd(Save):
    compression = "zstd"


Row("load", "load of an image, 5 layers in 300 MB", 5, Load)
Row("load-gzip", "the same, its layers with gzip", 5, LoadGzip)
Row("save-gzip", "save of that image, compressing with gzip", 5, Save)
Row("save-zstd", "the same with zstd", 5, SaveZstd)
