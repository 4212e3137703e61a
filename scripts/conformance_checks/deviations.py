"""What the runtimes that others are measured by are known not to pass, and why: versions 1.1 of runc and 1.8 of crun."""

from .operations import EXPECTED

KNOWN = {
    "runc": {
        "it knows no container before everything is set up": [
            "state of creating", "delete of creating", "delete --force of creating"],
        "what was created and not started it takes for as good as stopped": ["delete of created"],
        "it runs hooks of poststart before the program, as part of create": [
            "hooks run in order and are told the state", "a failure of poststart ends start"],
        "what fails in the container's process once it has been let go is not told to start": [
            "a failure of startContainer ends start"],
    },
    "crun": {
        "it knows no container before everything is set up": [
            "state of creating", "delete of creating", "delete --force of creating"],
        "what was created and not started it takes for as good as stopped": ["delete of created"],
        "it says what it could not open, and not what that means": [
            *(f"{operation} of none" for operation in ["state", "start", "kill", "delete", "exec"]),
            "start of running", "start of stopped", "the log is JSON where asked"],
        "it names the program within the words that engines look for": [
            "a program that is not there is told", "exec tells the same"],
        "without control groups, as here on hierarchies of version 1, it can't": [
            *(f"{operation} of paused" for operation in EXPECTED),
            *(f"{operation} of {state}" for operation in ["pause", "ps", "update"] for state in ["created", "running"]),
            "ps of stopped", "ps has the pids", "kill --all reaches all"],
        "it has no such command or flag": [
            "events of created", "events of running", "features are told", "run --keep leaves the container"],
        "it takes these words": ["bad ids are refused", "what can't be meant is refused"],
        "exec --env replaces the environment, PATH too": ["exec exits as the process"],
        "it runs no hooks of poststop where create fails": [
            f"a failure of {name} ends create" for name in ["prestart", "createRuntime", "createContainer"]],
        "start does not wait for the program": [
            "hooks run in order and are told the state", "a failure of startContainer ends start",
            "a failure of poststart ends start"],
    },
}


def reason(runtime, name):
    """Why a runtime is known not to pass this check; None where it has to."""
    return next((why for why, names in KNOWN.get(runtime, {}).items() if name in names), None)


def names():
    """Of all checks that some runtime is known not to pass."""
    return {name for reasons in KNOWN.values() for names in reasons.values() for name in names}
