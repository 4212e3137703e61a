"""Exit codes, what errors say, and where they say it."""

import json
import os
import re

from .lifecycle import expect
from .rig import Failure, Rig
from .states import running


def says(result, pattern):
    if not re.search(pattern, result.errors, re.IGNORECASE):
        raise Failure(f"it says {result.errors.strip()!r}, not {pattern!r}")


def program_not_found(rig: Rig):
    for arguments, said in [
        (["no-such-program"], "executable file not found in \\$PATH"),
        (["/no/such/program"], "no such file or directory"),
    ]:
        result = rig.fail("create", "--bundle", rig.bundle(arguments), rig.identifier())
        says(result, said)


def program_not_executable(rig: Rig):
    bundle = rig.bundle(["/data"])
    with open(f"{bundle}/rootfs/data", "w") as file:
        file.write("data\n")
    says(rig.fail("create", "--bundle", bundle, rig.identifier()), "permission denied")


def exec_not_found(rig: Rig):
    identifier, _ = running(rig)
    for arguments, said in [
        (["no-such-program"], "executable file not found in \\$PATH"),
        (["/no/such/program"], "no such file or directory"),
        (["/hold"], "permission denied"),
    ]:
        result = rig.fail("exec", identifier, *arguments)
        says(result, said)
    rig.expect_status(identifier, "running")


def json_log(rig: Rig):
    path = f"{rig.directory}/log.json"
    command = rig.command
    rig.command = [*command, "--log", path, "--log-format", "json"]
    rig.fail("start", "none")
    rig.command = command
    with open(path) as file:
        lines = [json.loads(line) for line in file]
    errors = [line for line in lines if line["level"] == "error"]
    if not errors or "does not exist" not in errors[-1]["msg"]:
        raise Failure(f"the log says {lines}")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", errors[-1]["time"]):
        raise Failure(f"the time is {errors[-1]['time']}")


def no_bundle(rig: Rig):
    says(rig.fail("create", "--bundle", f"{rig.directory}/missing", rig.identifier()), "no such file or directory")
    empty = f"{rig.directory}/empty"
    os.mkdir(empty)
    says(rig.fail("create", "--bundle", empty, rig.identifier()), "config.json|specification file")


def wrong_documents(rig: Rig):
    for text in ["", "{", "[]", '{"ociVersion": "1.0.0"}', '{"ociVersion": "1.0.0", "process": 3}']:
        bundle = rig.bundle()
        with open(f"{bundle}/config.json", "w") as file:
            file.write(text)
        identifier = rig.identifier()
        rig.fail("create", "--bundle", bundle, identifier)
        expect("its status", rig.status(identifier), None)


def unknown_words(rig: Rig):
    identifier, _ = running(rig)
    for words in [["fly", identifier], ["kill", identifier, "NOSUCH"], ["state"], ["delete", "--no-such-flag", identifier]]:
        rig.fail(*words)
    rig.expect_status(identifier, "running")


def terminal_needs_a_socket(rig: Rig):
    bundle = rig.bundle(change=lambda config: config["process"].update(terminal=True))
    identifier = rig.identifier()
    rig.fail("create", "--bundle", bundle, identifier)
    expect("its status", rig.status(identifier), None)
    rig.fail("create", "--bundle", rig.bundle(), "--console-socket", f"{rig.directory}/none", identifier)


CHECKS = {
    "a program that is not there is told": program_not_found,
    "a program that can't be executed is told": program_not_executable,
    "exec tells the same": exec_not_found,
    "the log is JSON where asked": json_log,
    "a bundle that is not there is told": no_bundle,
    "a wrong config.json is refused": wrong_documents,
    "what can't be meant is refused": unknown_words,
    "a terminal needs a socket": terminal_needs_a_socket,
}
