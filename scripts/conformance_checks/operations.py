"""Each operation in each state: whether it is allowed, what it leads to, and what it says where it is not."""

import re

from .rig import Failure, Rig
from .states import STATES

# What an operation in a state leads to: a state, or NO for an error that changes nothing. None is no container at all.
NO = "no"

# runtime.md: state, create, start, kill, delete. The others are runc's, whose documentation says as much.
EXPECTED = {
    #                  none  creating created    running    paused    stopped
    "state":          (NO, "creating", "created", "running", "paused", "stopped"),
    "create":         ("created", NO, NO, NO, NO, NO),
    "start":          (NO, NO, "running", NO, NO, NO),
    "kill":           (NO, NO, "stopped", "stopped", "stopped", NO),
    "delete":         (NO, NO, NO, NO, NO, None),
    "delete --force": (None, NO, None, None, None, None),
    "exec":           (NO, NO, "created", "running", NO, NO),
    "pause":          (NO, NO, "paused", "paused", NO, NO),
    "resume":         (NO, NO, NO, NO, "running", NO),
    "ps":             (NO, NO, "created", "running", "paused", "stopped"),
    "events":         (NO, NO, "created", "running", "paused", NO),
    "update":         (NO, NO, "created", "running", "paused", NO),
}

ARGUMENTS = {
    "kill": lambda identifier: ["kill", identifier, "KILL"],
    "delete --force": lambda identifier: ["delete", "--force", identifier],
    "exec": lambda identifier: ["exec", identifier, "true"],
    "ps": lambda identifier: ["ps", "--format", "json", identifier],
    "events": lambda identifier: ["events", "--stats", identifier],
    "update": lambda identifier: ["update", "--pids-limit", "100", identifier],
}

# What engines look for in the error.
SAID = {
    ("state", "none"): "does not exist",
    ("start", "none"): "does not exist",
    ("kill", "none"): "does not exist",
    ("delete", "none"): "does not exist",
    ("exec", "none"): "does not exist",
    ("create", "created"): "exist",
    ("create", "running"): "exist",
    ("kill", "stopped"): "not running|no such process|already finished",
    ("start", "running"): "running|created",
    ("start", "stopped"): "stopped|created|start the container",
    ("delete", "running"): "stopped|running",
    ("exec", "stopped"): "stopped|not running",
    ("exec", "paused"): "paused",
}


def check(operation, state):
    """The check of one cell."""

    def run(rig: Rig):
        identifier, finish = STATES[state](rig)
        expected = EXPECTED[operation][list(STATES).index(state)]
        before = rig.status(identifier)
        if operation == "create":
            arguments = ["create", "--bundle", rig.bundle(), identifier]
        else:
            arguments = ARGUMENTS.get(operation, lambda identifier: [operation, identifier])(identifier)
        if expected == NO:
            said = rig.fail(*arguments).errors
            if not re.search(SAID.get((operation, state), "."), said, re.IGNORECASE):
                raise Failure(f"it says {said.strip()!r}, not {SAID[(operation, state)]!r}")
            after = rig.status(identifier)
            if after != before:
                raise Failure(f"it failed, and its state went from {before} to {after}")
        else:
            rig.succeed(*arguments)
            if expected == "stopped":
                rig.wait_for_status(identifier, expected)
            else:
                rig.expect_status(identifier, expected)
        if finish:
            finish()

    return run


CHECKS = {f"{operation} of {state}": check(operation, state) for operation in EXPECTED for state in STATES}
