"""Compares what a default container may do under docker and under varve, line by line. Exits 1 where varve's may do more."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile

from benchmark.engines import Docker, Varve

from . import probes, verdicts


def base_image(directory):
    """A root filesystem of empty directories, as a tar: the probe needs nothing else."""
    root = os.path.join(directory, "root")
    for name in ("dev", "etc", "proc", "sys", "tmp"):
        os.makedirs(os.path.join(root, name))
    tar = os.path.join(directory, "base.tar")
    subprocess.run(["tar", "-C", root, "--owner=0", "--group=0", "-cf", tar, "."], check=True)
    return tar


def looked_into(engine, program):
    try:
        return probes.facts(probes.run(engine, program))
    finally:
        engine.close()


def report(rows, is_short):
    counts = {verdicts.EQUAL: 0, verdicts.STRICTER: 0, verdicts.LOOSER: 0}
    for name, theirs, ours, verdict in rows:
        counts[verdict] += 1
        if is_short and verdict == verdicts.EQUAL:
            continue
        print(f"{verdict:9} {name:44} {theirs or '-':28} {ours or '-'}")
    print("\n" + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    return counts[verdicts.LOOSER]


def main():
    parser = argparse.ArgumentParser(prog="scripts/isolation-report", description=__doc__)
    parser.add_argument("--varve", required=True, help="the executable")
    parser.add_argument("--short", action="store_true", help="leave out what is equal")
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="varve-isolation.")
    try:
        tar, program = base_image(directory), probes.build(directory)
        their_facts, their_mounts = looked_into(Docker(f"{directory}/docker", tar), program)
        our_facts, our_mounts = looked_into(Varve(f"{directory}/varve", tar, options.varve), program)
        # Where the probe itself is mounted is no part of the comparison.
        for mounts in (their_mounts, our_mounts):
            mounts.pop("/probe", None)
        print(f"{'verdict':9} {'what':44} {'docker':28} varve")
        looser = report(
            [*verdicts.of_facts(their_facts, our_facts), *verdicts.of_mounts(their_mounts, our_mounts)], options.short)
    finally:
        shutil.rmtree(directory)
    sys.exit(1 if looser else 0)


main()
