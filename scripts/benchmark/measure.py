"""Running commands; their time and their memory."""

import json
import os
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple


class CommandFailed(Exception):
    def __init__(self, argv, status, errors):
        last = errors.strip().splitlines()[-1:] or ["no message"]
        super().__init__(f"{' '.join(argv)}: exit {status}: {last[0]}")


def say(text):
    print(text, file=sys.stderr, flush=True)


class Timed(NamedTuple):
    # From before the command is started until it has been waited for.
    seconds: float
    # The most memory that it or a process of its had, in KiB; never less than this program's own, which it begins as.
    peak: int


def timed(argv):
    with tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        status = process.returncode = os.waitstatus_to_exitcode(status)
        if status != 0:
            errors.seek(0)
            raise CommandFailed(argv, status, errors.read().decode(errors="replace"))
        return Timed(seconds, usage.ru_maxrss)


def done(argv):
    """Runs a command that is not measured; its output as text."""
    result = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if result.returncode != 0:
        raise CommandFailed(argv, result.returncode, result.stderr.decode(errors="replace"))
    return result.stdout.decode(errors="replace")


class PrivateCgroups:
    """A second process of this program, in a mount namespace where /sys/fs/cgroup is the unified hierarchy.

    crun refuses to start on a hybrid hierarchy. The process measures in there, so nothing of the wrapper is in the
    figures.
    """

    def __init__(self):
        script = "mount -t cgroup2 none /sys/fs/cgroup && exec python3 -m benchmark.measure"
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )

    def timed(self, argv):
        try:
            print(json.dumps(argv), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise CommandFailed(argv, self.process.wait(), "the private mount namespace could not be made")
        answer = json.loads(line)
        if "error" in answer:
            raise CommandFailed(argv, answer["status"], answer["error"])
        return Timed(**answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def serve():
    """The other side of `PrivateCgroups`: a command a line in, its time a line out."""
    for line in sys.stdin:
        argv = json.loads(line)
        try:
            answer = timed(argv)._asdict()
        except (CommandFailed, OSError) as failure:
            answer = {"status": 1, "error": str(failure)}
        print(json.dumps(answer), flush=True)


def machine():
    """What the figures were measured on."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {
        "kernel": os.uname().release,
        "cpus": os.cpu_count(),
        "cpu": models[0] if models else "unknown",
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    }


if __name__ == "__main__":
    serve()
