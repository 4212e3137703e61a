"""Command line and the order of things: rounds, and in each round every tool in turn."""

import argparse
import os
import signal
import subprocess
import sys

from . import images, life  # noqa: F401: their rows
from .archives import Archives
from .engines import Docker, Podman, Varve
from .measure import CommandFailed, PrivateCgroups, done, machine, say
from .payload import Payload
from .report import markdown, summary, write_json
from .rows import ROWS


class Bench:
    """What the rows share. Everything below `work` is removed at the end."""

    def __init__(self, cache, varve):
        self.cache, self.base_tar, self.big_tar = cache, f"{cache}/base.tar", f"{cache}/big.tar"
        self.work = f"{cache}/work"
        self.engines, self._payload, self._archives, self._cgroups = [], None, None, None
        remove(self.work)
        os.makedirs(self.work)
        if varve:
            self.engines.append(Varve(f"{self.work}/varve", self.base_tar, varve))

    def start_peers(self):
        for peer in (Docker, Podman):
            self.engines.append(peer(f"{self.work}/{peer.name}", self.base_tar))

    def payload(self):
        if self._payload is None:
            self._payload = Payload(f"{self.work}/payload", self.base_tar, self.big_tar)
            say(f"payload: {self._payload}")
        return self._payload

    def archives(self):
        if self._archives is None:
            self._archives = Archives(self.cache, self.work, self.base_tar, self.big_tar)
        return self._archives

    def private_cgroups(self):
        if self._cgroups is None:
            self._cgroups = PrivateCgroups()
        return self._cgroups

    def close(self):
        if self._cgroups:
            self._cgroups.close()
        for engine in self.engines:
            try:
                engine.close()
            except CommandFailed as failure:
                say(f"bench: {failure}")
        remove(self.work)


def remove(directory):
    """Removes a directory of ours and what an engine left mounted in it; never what is mounted from elsewhere."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
        points = [line.split()[4] for line in file]
    for point in sorted((p for p in points if p.startswith(directory + "/")), reverse=True):
        subprocess.run(["umount", point], check=False)
    subprocess.run(["rm", "-rf", "--one-file-system", directory], check=True)


def measure(bench, row, rounds):
    """All rounds of a row. A tool that fails once is out of the rest of the row, and the table says so."""
    legs = row.make(bench)
    samples = {leg.name: [] for leg in legs}
    peaks = {leg.name: [] for leg in legs}
    errors = {}

    def attempt(leg, step, *arguments):
        if leg.name not in errors:
            try:
                return step(*arguments)
            except (CommandFailed, OSError, subprocess.CalledProcessError) as failure:
                errors[leg.name] = str(failure)
                say(f"{row.key}: {leg.name}: {failure}")
        return None

    opened = []
    try:
        for leg in legs:
            opened.append(leg)
            attempt(leg, leg.open)
        # Round 0 warms up and is not counted. The tools take turns, and the one that begins changes.
        for number in range(rounds + 1):
            for leg in legs[number % len(legs):] + legs[:number % len(legs)]:
                attempt(leg, leg.before, number)
                sample = attempt(leg, leg.sample, number)
                attempt(leg, leg.after, number)
                if sample is not None and number > 0:
                    value, peak = sample
                    samples[leg.name].append(value)
                    peaks[leg.name].append(peak)
    finally:
        for leg in opened:
            attempt(leg, leg.close)
    return {"key": row.key, "title": row.title, "unit": row.unit,
            "tools": {leg.name: result(samples[leg.name], errors.get(leg.name)) for leg in legs},
            "peaks": {leg.name: max(peaks[leg.name]) for leg in legs if leg.shows_peak and peaks[leg.name]}}


def result(samples, error):
    if error:
        return {"samples": samples, "error": error}
    median, low, high = summary(samples)
    return {"median": median, "low": low, "high": high, "samples": samples}


def versions(bench):
    found = {engine.name: engine.version() for engine in bench.engines}
    found["crun"] = done(["crun", "--version"]).splitlines()[0]
    found["ostree"] = "ostree " + done(["ostree", "--version"]).split("Version: '")[1].split("'")[0]
    return found


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="varve and its peers, side by side")
    parser.add_argument("rows", nargs="*", metavar="row", help=f"of: {', '.join(ROWS)} (default: all)")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each row, instead of the row's own number")
    parser.add_argument("--json", metavar="FILE", help="write every sample there too")
    parser.add_argument("--peers-only", action="store_true", help="without varve")
    parser.add_argument("--varve", metavar="FILE", help="this executable, instead of building one")
    parser.add_argument("--cache", default="/var/tmp/varve-bench", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    unknown = [row for row in chosen.rows if row not in ROWS]
    if unknown:
        parser.error(f"no such row: {' '.join(unknown)}")
    if chosen.rounds is not None and chosen.rounds < 1:
        parser.error("--rounds: at least 1")
    if not chosen.peers_only and not chosen.varve:
        parser.error("--varve or --peers-only is needed")
    return chosen


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def ignore_signals():
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def stop(number, _):
    """Ends the program by way of its clean-up, which a second signal (`timeout` sends two) must not cut short."""
    ignore_signals()
    sys.exit(128 + number)


def main():
    chosen = arguments()
    for number in SIGNALS:
        signal.signal(number, stop)
    bench = Bench(os.path.realpath(chosen.cache), None if chosen.peers_only else os.path.abspath(chosen.varve))
    try:
        bench.start_peers()
        results = {"machine": machine(), "versions": versions(bench), "rows": []}
        for key, row in ROWS.items():
            if not chosen.rows or key in chosen.rows:
                say(f"measuring {key}")
                results["rows"].append(measure(bench, row, chosen.rounds or row.rounds))
    except CommandFailed as failure:
        say(f"bench: {failure}")
        return 3
    finally:
        ignore_signals()
        bench.close()
    print(markdown(results))
    if chosen.json:
        write_json(results, chosen.json)
    return 1 if any("error" in tool for row in results["rows"] for tool in row["tools"].values()) else 0


sys.exit(main())
