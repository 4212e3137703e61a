"""The rows about containers that stay: starting them, entering them, what watches them, what a commit stops."""

import os
import select
import shutil
import subprocess

from .engines import BASE
from .measure import CommandFailed, done, timed
from .rows import Leg, Row, make_bundle

FOREVER = ["sleep", "100000"]


class RunDetached(Leg):
    """From nothing until the command says that the container runs."""

    def open(self):
        self.tool.base()

    def argv(self, number):
        return self.tool.run_command("-d", "--name", f"detached-{number}", BASE, *FOREVER)

    def after(self, number):
        self.tool.remove_running(f"detached-{number}")


class Exec(Leg):
    def open(self):
        self.tool.base()
        done(self.tool.run_command("-d", "--name", "entered", BASE, *FOREVER))

    def argv(self, number):
        return self.tool.command("exec", "entered", "true")

    def close(self):
        self.tool.remove_running("entered")


class RunMany(Leg):
    """Twenty at once; the last one counts, and one that fails fails the row."""

    script = 'for n in $(seq 20); do "$@" & all="$all $!"; done; for one in $all; do wait "$one" || exit; done'

    def open(self):
        self.tool.base()

    def argv(self, number):
        return ["sh", "-c", self.script, "sh", *self.tool.run_command("--rm", BASE, "true")]


class Freeze(Leg):
    """How long a process of a container stands still at the most while the container is committed.

    It asks for a fifth of a millisecond of sleep again and again, and tells each time that took more than twice that.
    """

    probe = (
        "use Time::HiRes qw(usleep clock_gettime CLOCK_MONOTONIC); $| = 1; my $l = clock_gettime(CLOCK_MONOTONIC);"
        'while (1) { usleep(200); my $n = clock_gettime(CLOCK_MONOTONIC); printf("%.6f\\n", $n - $l) if $n - $l > 4e-4;'
        " $l = $n }"
    )

    def open(self):
        image = self.tool.branch("bench:freeze")
        self.process = subprocess.Popen(
            self.tool.run_command("--name", "frozen", image, "perl", "-e", self.probe),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        )
        os.set_blocking(self.process.stdout.fileno(), False)
        # Until it has said something, it does not run.
        if not select.select([self.process.stdout], [], [], 60)[0]:
            raise CommandFailed(["perl"], self.process.poll(), "the probe said nothing")

    def before(self, number):
        done(self.tool.command("exec", "frozen", "sh", "-c", "date +%s%N >/stamp"))
        os.sync()
        # That is not about the commit.
        self.drain()

    def drain(self):
        """What was said since the last time, in whole lines."""
        text = b""
        while not text.endswith(b"\n"):
            try:
                while part := os.read(self.process.stdout.fileno(), 1 << 16):
                    text += part
            except BlockingIOError:
                pass
            if not text or not select.select([self.process.stdout], [], [], 1)[0]:
                break
        return text

    def sample(self, number):
        done(self.tool.pausing_commit_command("frozen", "bench:freeze"))
        gaps = [float(line) for line in self.drain().split(b"\n")[:-1]]
        # None that was long enough to be told.
        return max(gaps, default=4e-4), 0

    def close(self):
        self.tool.remove_running("frozen")
        self.process.wait()


class SupervisorMemory(Leg):
    """Private memory, in KiB, of the process that watches one detached container."""

    def open(self):
        self.tool.base()

    def before(self, number):
        self.container = f"watched-{number}"
        done(self.tool.run_command("-d", "--name", self.container, BASE, *FOREVER))

    def sample(self, number):
        with open(f"/proc/{self.tool.pid(self.container)}/status", encoding="utf-8") as file:
            parent = next(line.split()[1] for line in file if line.startswith("PPid:"))
        with open(f"/proc/{parent}/smaps_rollup", encoding="utf-8") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Private_")), 0

    def after(self, number):
        self.tool.remove_running(self.container)


class Bare(Leg):
    """An OCI runtime alone, on an unpacked root."""

    def open(self):
        self.bundle = os.path.join(self.bench.work, f"{self.name}-{type(self).__name__}")
        make_bundle(self.bench, self.bundle, FOREVER)
        self.started = []

    def runtime(self, *arguments):
        return [self.name, "--root", f"{self.bundle}/state", *arguments]

    def start(self, container):
        return self.runtime("run", "--detach", "--bundle", self.bundle, container)

    def measured(self, argv):
        return timed(argv)

    def sample(self, number):
        return self.measured(self.argv(number))

    def close(self):
        shutil.rmtree(self.bundle)


class BareDetached(Bare):
    def argv(self, number):
        return self.start(f"bench-{number}")

    def after(self, number):
        self.measured(self.runtime("delete", "--force", f"bench-{number}"))


class BareExec(Bare):
    def open(self):
        super().open()
        self.measured(self.start("bench"))

    def argv(self, number):
        return self.runtime("exec", "bench", "true")

    def close(self):
        self.measured(self.runtime("delete", "--force", "bench"))
        super().close()


class InCrun:
    """crun refuses to start on a hybrid hierarchy."""

    name = "crun"

    def runtime(self, *arguments):
        return super().runtime("--cgroup-manager=disabled", *arguments)

    def measured(self, argv):
        return self.bench.private_cgroups().timed(argv)


class CrunDetached(InCrun, BareDetached):
    pass


class CrunExec(InCrun, BareExec):
    pass


class RuncDetached(BareDetached):
    name = "runc"


class RuncExec(BareExec):
    name = "runc"


Row("run-detached", "run -d, no network", 20, RunDetached, [CrunDetached, RuncDetached])
Row("exec", "exec true in a running container", 20, Exec, [CrunExec, RuncExec])
Row("run-many", "run --rm true, 20 at once", 5, RunMany)
Row("freeze", "longest standstill in a container that is committed", 10, Freeze)
Row("supervisor-memory", "private memory of what watches a container", 3, SupervisorMemory, unit="KiB")
