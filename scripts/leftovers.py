"""Lists what container programs hold of the kernel on this machine, a line each, sorted.

Mounts, network links, packet filter rules, control groups below `varve` and `varve-oci`, and processes of varve's. scripts/test
compares the list from before its tests with that from after them: nothing may be left behind.
"""

import os
import re
import subprocess


def mounts():
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            fields = line.split()
            yield f"mount {fields[4]} ({fields[fields.index('-') + 1]})"


def links():
    for name in os.listdir("/sys/class/net"):
        yield f"link {name}"


def rules():
    for command in ("iptables-save", "ip6tables-save"):
        try:
            saved = subprocess.run([command], capture_output=True, check=False, text=True).stdout
        except FileNotFoundError:
            continue
        for line in saved.splitlines():
            # What is of one container, or of one network of varve's: the chains that all share stay, as the plugins have it.
            if re.search(r'CNI-(DN-|SN-)?[0-9a-f]{8}|id: "|varve network ', line):
                yield f"rule {command.removesuffix('-save')} {line.split(' [')[0]}"


def groups():
    for directory, names, _ in os.walk("/sys/fs/cgroup"):
        if os.path.basename(directory) in ("varve", "varve-oci"):
            yield from (f"control group {directory}/{name}" for name in names)


def processes():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
                name = file.read().strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if name.startswith("varve"):
            yield f"process {pid} {name}"


for entry in sorted({*mounts(), *links(), *rules(), *groups(), *processes()}):
    print(entry)
