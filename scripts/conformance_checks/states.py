"""A container in each state that there is."""

import os

from .rig import ENDING, WAITING, Failure, Rig, wait_until


def none(rig: Rig):
    return rig.identifier(), None


def creating(rig: Rig):
    """One whose `createRuntime` hook does not end before it is let."""
    hold, reached = f"{rig.directory}/hook-hold", f"{rig.directory}/hook-reached"
    os.mkfifo(hold)
    script = f"cat >/dev/null; echo >{reached}; read line <{hold}"

    def change(config):
        config["hooks"] = {"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", script]}]}

    identifier, bundle = rig.identifier(), rig.bundle(WAITING, change)
    process = rig.start_running("create", "--bundle", bundle, identifier)
    wait_until("its hook is run", lambda: os.path.exists(reached) or process.poll() is not None)
    if process.poll() is not None:
        raise Failure("create ended before its hook")

    def finish():
        with open(hold, "w") as file:
            file.write("\n")
        if process.wait(timeout=20) != 0:
            raise Failure("what was being created failed to be")
        rig.expect_status(identifier, "created")

    return identifier, finish


def created(rig: Rig):
    identifier = rig.identifier()
    rig.succeed("create", "--bundle", rig.bundle(), identifier)
    return identifier, None


def running(rig: Rig):
    identifier, bundle = rig.identifier(), rig.bundle()
    rig.succeed("create", "--bundle", bundle, identifier)
    rig.succeed("start", identifier)
    wait_until("its program runs", lambda: os.path.exists(f"{bundle}/rootfs/up"))
    return identifier, None


def paused(rig: Rig):
    identifier, _ = running(rig)
    rig.succeed("pause", identifier)
    return identifier, None


def stopped(rig: Rig):
    identifier = rig.identifier()
    rig.succeed("create", "--bundle", rig.bundle(ENDING), identifier)
    rig.succeed("start", identifier)
    rig.wait_for_status(identifier, "stopped")
    return identifier, None


STATES = {f.__name__: f for f in [none, creating, created, running, paused, stopped]}
