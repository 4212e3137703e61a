"""Runs the checks and prints a line for each."""

import sys

from . import deviations, errors, hooks, lifecycle, operations
from .rig import Failure, Rig

CHECKS = {**operations.CHECKS, **lifecycle.CHECKS, **hooks.CHECKS, **errors.CHECKS}


def run(command, name):
    """What came of one check: nothing, or what was found wrong."""
    rig = Rig(command)
    try:
        CHECKS[name](rig)
    except Failure as failure:
        return str(failure)
    finally:
        rig.close()
    return None


def main(command, names):
    if names == ["--list"]:
        print(*CHECKS, sep="\n")
        return 0
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        sys.exit(f"conformance: no such check: {unknown[0]}\nhint: --list lists them")
    if stale := deviations.names() - set(CHECKS):
        sys.exit(f"conformance: no such check, but a known deviation: {min(stale)}")
    failed = deviating = 0
    chosen = names or list(CHECKS)
    runtime = Rig.name_of(command)
    for name in chosen:
        failure = run(command, name)
        if failure is None:
            print(f"ok        {name}", flush=True)
        elif why := deviations.reason(runtime, name):
            deviating += 1
            print(f"deviates  {name} ({why}): {failure}", flush=True)
        else:
            failed += 1
            print(f"FAILED    {name}: {failure}", flush=True)
    print(f"{len(chosen) - failed - deviating} passed, {failed} failed, {deviating} known to deviate")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
