"""Hooks: when they run, what they are told, and what comes of a failure (config.md, "POSIX-platform Hooks")."""

import json
import os

from .rig import ENDING, WAITING, Failure, Rig
from .lifecycle import expect

# In the order of running, and the state that each is told. The last two of createContainer and startContainer run in the
# container's namespaces.
ALL = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
BEFORE_START = ALL[:3]


def recording(rig: Rig, names, failing=None):
    """A change to config.json: these hooks write to a log below the bundle what they are told."""

    def change(config):
        # The host's directory, at the same place in the container.
        config["mounts"].append(
            {"destination": rig.directory, "type": "bind", "source": rig.directory, "options": ["bind", "rw"]})
        config["hooks"] = {
            name: [{
                "path": "/bin/sh",
                "args": ["sh", "-c", f"read -r line; echo \"{name} $A $line\" >>{rig.directory}/log"
                         + ("; exit 1" if name == failing else "")],
                "env": ["A=b", "PATH=/bin:/usr/bin"],
            }] for name in names
        }

    return change


def log(rig: Rig):
    path = f"{rig.directory}/log"
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [line.split(" ", 2) for line in file.read().splitlines()]


def names(rig: Rig):
    return [entry[0] for entry in log(rig)]


def all_run_in_order(rig: Rig):
    identifier, bundle = rig.identifier(), rig.bundle(ENDING, recording(rig, ALL))
    rig.succeed("create", "--bundle", bundle, identifier)
    expect("the hooks of create", names(rig), BEFORE_START)
    rig.succeed("start", identifier)
    expect("the hooks of create and start", names(rig), ALL[:5])
    rig.wait_for_status(identifier, "stopped")
    rig.succeed("delete", identifier)
    expect("all hooks", names(rig), ALL)
    for name, environment, text in log(rig):
        state = json.loads(text)
        expect(f"the environment of {name}", environment, "b")
        expect(f"the id for {name}", state["id"], identifier)
        expect(f"the bundle for {name}", state["bundle"], os.path.realpath(bundle))
        wanted = {"poststart": ["running"], "poststop": ["stopped"], "startContainer": ["created", "creating"]}
        if state["status"] not in wanted.get(name, ["creating", "created"]):
            raise Failure(f"{name} is told that it is {state['status']}")


def failure_before_start(name):
    def run(rig: Rig):
        identifier, bundle = rig.identifier(), rig.bundle(WAITING, recording(rig, [name, "poststop"], failing=name))
        rig.fail("create", "--bundle", bundle, identifier)
        expect("its status", rig.status(identifier), None)
        expect("the hooks", names(rig), [name, "poststop"])

    return run


def failure_at_start(name):
    def run(rig: Rig):
        identifier, bundle = rig.identifier(), rig.bundle(WAITING, recording(rig, [name, "poststop"], failing=name))
        rig.succeed("create", "--bundle", bundle, identifier)
        rig.fail("start", identifier)
        if rig.status(identifier) not in [None, "stopped"]:
            raise Failure(f"its status is {rig.status(identifier)}")
        if name == "startContainer" and os.path.exists(f"{bundle}/rootfs/up"):
            raise Failure("the program ran")

    return run


def failure_of_poststop(rig: Rig):
    identifier, bundle = rig.identifier(), rig.bundle(ENDING, recording(rig, ["poststop"], failing="poststop"))
    rig.succeed("create", "--bundle", bundle, identifier)
    rig.succeed("start", identifier)
    rig.wait_for_status(identifier, "stopped")
    rig.succeed("delete", identifier)
    expect("its status", rig.status(identifier), None)


def timeout_ends_it(rig: Rig):
    def change(config):
        config["hooks"] = {"createRuntime": [{"path": "/bin/sleep", "args": ["sleep", "1000"], "timeout": 1}]}

    identifier = rig.identifier()
    rig.fail("create", "--bundle", rig.bundle(WAITING, change), identifier)
    expect("its status", rig.status(identifier), None)


CHECKS = {
    "hooks run in order and are told the state": all_run_in_order,
    **{f"a failure of {name} ends create": failure_before_start(name) for name in BEFORE_START},
    **{f"a failure of {name} ends start": failure_at_start(name) for name in ["startContainer", "poststart"]},
    "a failure of poststop is a warning": failure_of_poststop,
    "a hook has no more time than it is given": timeout_ends_it,
}
