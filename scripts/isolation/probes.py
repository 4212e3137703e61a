"""The probe in a container of an engine's, and what it says as a table of names and values."""

import glob
import os
import re
import subprocess

from .verdicts import RESTRICTIONS

# Files and directories of the kernel's that may tell of the host. Those that are not there on this kernel are no loss.
TELLING = [
    "/proc/acpi", "/proc/asound", "/proc/bus", "/proc/config.gz", "/proc/driver", "/proc/fs", "/proc/interrupts",
    "/proc/iomem", "/proc/ioports", "/proc/irq", "/proc/kallsyms", "/proc/kcore", "/proc/keys", "/proc/kmsg",
    "/proc/kpagecount", "/proc/kpageflags", "/proc/latency_stats", "/proc/mtrr", "/proc/sched_debug", "/proc/scsi",
    "/proc/slabinfo", "/proc/sysrq-trigger", "/proc/timer_list", "/proc/timer_stats", "/proc/vmallocinfo",
    "/sys/devices/virtual/powercap", "/sys/firmware", "/sys/fs/bpf", "/sys/fs/pstore", "/sys/fs/selinux",
    "/sys/kernel/debug", "/sys/kernel/security", "/sys/kernel/tracing", "/sys/kernel/vmcoreinfo",
    "/sys/module/kernel/parameters", "/root/.ssh", "/etc/shadow-", "/var/run/docker.sock",
]


def build(directory):
    """Compiles the probe, statically since the container has no libraries."""
    source = os.path.join(os.path.dirname(__file__), "probe.c")
    program = os.path.join(directory, "probe")
    compiler = next(name for name in ("cc", "clang") if _is_there(name))
    subprocess.run([compiler, "-O1", "-Wall", "-Wextra", "-static", "-o", program, source], check=True)
    return program


def _is_there(name):
    return any(os.access(os.path.join(place, name), os.X_OK) for place in os.environ["PATH"].split(":"))


def run(engine, program):
    """What the probe says in a container with the engine's defaults: (name, value) pairs."""
    telling = TELLING + sorted(glob.glob("/sys/devices/system/cpu/cpu[0-9]*/thermal_throttle"))
    command = engine.run_command("--rm", "-v", f"{program}:/probe:ro", engine.base(), "/probe", *telling)
    output = subprocess.run(command, capture_output=True, check=True, text=True, errors="replace").stdout
    return [tuple(line.split("\t", 1)) for line in output.splitlines() if "\t" in line]


def facts(lines):
    """The probe's lines as one value for each name, so that those of two containers can be compared."""
    own = {name: os.readlink(f"/proc/self/ns/{name}") for name in os.listdir("/proc/self/ns")}
    names = call_names()
    result = {"paths of control groups": "hidden"}
    mounts = {}
    for name, value in lines:
        kind, _, rest = name.partition(" ")
        if kind == "namespace":
            result[name] = "the host's" if value == own[rest] else "its own"
        elif kind in ("uid", "gid"):
            result[name] = "the host's" if value.split() == ["0", "0", str(2**32 - 1)] else "mapped"
        elif kind == "cgroup":
            if value.split(":", 2)[2] != "/":
                result["paths of control groups"] = "shown"
        elif kind == "mount":
            fields = value.split(" ")
            # The topmost of a place comes last. The null device that hides a file gives nothing, whatever its mount allows.
            is_mask = fields[3] == "/null" and fields[4] != "/dev/null"
            mounts[fields[4]] = set(RESTRICTIONS) if is_mask else set(fields[5].split(","))
        elif kind == "call":
            result[f"call {names.get(rest, rest)}"] = value
        else:
            result[name] = value
    return result, mounts


def call_names():
    """The names of system calls by number, where the kernel's headers are installed."""
    names = {}
    for header in glob.glob("/usr/include/*/asm/unistd_64.h"):
        with open(header, encoding="utf-8") as file:
            for name, number in re.findall(r"#define __NR_(\w+) (\d+)", file.read()):
                names[number] = name
    return names
