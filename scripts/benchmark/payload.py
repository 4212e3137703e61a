"""What an installation of python3, git and curl writes: real files, but new content in every round."""

import os
import shutil
import stat
import subprocess

from .measure import done


class Payload:
    """The paths of big.tar that base.tar has not, in a directory that containers copy from.

    Every regular file ends in 16 bytes of its own that differ from round to round, so that no tool has seen the
    content before.
    """

    def __init__(self, directory, base, big):
        self.directory = directory
        self.paths = sorted(entries(big) - entries(base))
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        subprocess.run(
            ["tar", "-xp", "-C", directory, "-f", big, "--no-recursion", "--null", "--verbatim-files-from", "-T", "-"],
            input=b"\0".join(os.fsencode(path) for path in self.paths) + b"\0", check=True,
        )
        self.files = [path for path in self.everything() if stat.S_ISREG(os.lstat(path).st_mode)]
        self.bytes = sum(os.lstat(path).st_size for path in self.files)
        self.round = None
        for path in self.files:
            with open(path, "ab") as file:
                file.write(bytes(16))

    def everything(self):
        for parent, _, names in os.walk(self.directory):
            for name in names:
                yield os.path.join(parent, name)

    def renew(self, number):
        if self.round == number:
            return
        self.round = number
        for path in self.files:
            with open(path, "r+b") as file:
                file.seek(-16, os.SEEK_END)
                file.write(os.urandom(16))

    def __str__(self):
        return f"{self.bytes / 1e6:.0f} MB in {len(self.paths)} paths"


def entries(tar):
    return set(done(["tar", "-t", "--quoting-style=literal", "-f", tar]).splitlines())
