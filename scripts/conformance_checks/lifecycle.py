"""What the lifecycle promises beside the states (runtime.md, "Lifecycle" and "Operations")."""

import json
import os

from .rig import ENDING, WAITING, Failure, Rig, wait_until
from .states import created, running, stopped


def expect(what, found, wanted):
    if found != wanted:
        raise Failure(f"{what} is {found!r}, not {wanted!r}")


def let_go(bundle):
    """Lets a program that waits end."""
    with open(f"{bundle}/rootfs/hold", "w") as file:
        file.write("\n")


def state_document(rig: Rig):
    identifier = rig.identifier()
    bundle = rig.bundle(change=lambda config: config.update(annotations={"org.example.key": "value"}))
    pid_file = f"{rig.directory}/pid"
    rig.succeed("create", "--bundle", bundle, "--pid-file", pid_file, identifier)
    state = rig.state(identifier)
    for key in ["ociVersion", "id", "status", "pid", "bundle"]:
        if key not in state:
            raise Failure(f"the state has no {key}")
    expect("id", state["id"], identifier)
    expect("bundle", state["bundle"], os.path.realpath(bundle))
    expect("annotations", state.get("annotations"), {"org.example.key": "value"})
    with open(pid_file) as file:
        expect("pid", state["pid"], int(file.read()))
    if not os.path.exists(f"/proc/{state['pid']}"):
        raise Failure("there is no process of this pid")


def program_waits(rig: Rig):
    """The program is not run before start, and is the one of the document as it was at create."""
    identifier, bundle = rig.identifier(), rig.bundle(["sh", "-c", "echo first >/up; read line </hold"])
    rig.succeed("create", "--bundle", bundle, identifier)
    rig.configure(bundle, ["sh", "-c", "echo second >/up"])
    if os.path.exists(f"{bundle}/rootfs/up"):
        raise Failure("the program ran before start")
    rig.succeed("start", identifier)
    up = f"{bundle}/rootfs/up"
    wait_until("the program runs", lambda: os.path.exists(up) and os.path.getsize(up) > 0)
    with open(up) as file:
        expect("what ran", file.read(), "first\n")


def id_is_free_again(rig: Rig):
    identifier, _ = stopped(rig)
    rig.succeed("delete", identifier)
    rig.succeed("create", "--bundle", rig.bundle(), identifier)


def failed_create_leaves_nothing(rig: Rig):
    identifier = rig.identifier()
    for change in [
        lambda config: config["process"].update(args=["/no/such/program"]),
        lambda config: config["root"].update(path="missing"),
        lambda config: config["mounts"].append(
            {"destination": "/x", "type": "bind", "source": "/no/such/path", "options": ["bind"]}),
    ]:
        rig.fail("create", "--bundle", rig.bundle(change=change), identifier)
        expect("its status", rig.status(identifier), None)
    rig.succeed("create", "--bundle", rig.bundle(), identifier)


def stopped_by_itself(rig: Rig):
    identifier, bundle = rig.identifier(), rig.bundle()
    rig.succeed("create", "--bundle", bundle, identifier)
    rig.succeed("start", identifier)
    let_go(bundle)
    rig.wait_for_status(identifier, "stopped")


def run_exits_as_the_program(rig: Rig):
    for code in [0, 7, 143]:
        identifier = rig.identifier()
        result = rig.run("run", "--bundle", rig.bundle(["sh", "-c", f"exit {code}"]), identifier)
        expect("the exit code", result.status, code)
        expect("its status", rig.status(identifier), None)


def run_keeps_what_it_is_told_to(rig: Rig):
    identifier = rig.identifier()
    rig.succeed("run", "--keep", "--bundle", rig.bundle(ENDING), identifier)
    rig.expect_status(identifier, "stopped")


def detached_run_returns(rig: Rig):
    identifier = rig.identifier()
    rig.succeed("run", "--detach", "--bundle", rig.bundle(), identifier)
    rig.expect_status(identifier, "running")


def streams_are_the_callers(rig: Rig):
    identifier = rig.identifier()
    bundle = rig.bundle(["sh", "-c", "cat; echo out; echo err >&2"])
    result = rig.succeed("run", "--bundle", bundle, identifier, input=b"in\n")
    expect("its output", result.output, "in\nout\n")
    expect("its errors", result.errors, "err\n")


def exec_exits_as_the_process(rig: Rig):
    identifier, _ = running(rig)
    expect("the exit code", rig.run("exec", identifier, "sh", "-c", "exit 9").status, 9)
    expect("the output", rig.succeed("exec", "--env", "A=b", "--cwd", "/bin", identifier, "sh", "-c", "echo $A $PWD").output,
           "b /bin\n")
    expect("the user", rig.succeed("exec", "--user", "12:34", identifier, "id", "-u").output, "12\n")


def exec_takes_a_document(rig: Rig):
    identifier, _ = running(rig)
    path = f"{rig.directory}/process.json"
    with open(path, "w") as file:
        json.dump({"args": ["sh", "-c", "echo $A; exit 3"], "env": ["A=b", "PATH=/bin"], "cwd": "/"}, file)
    result = rig.run("exec", "--process", path, identifier)
    expect("the exit code", result.status, 3)
    expect("the output", result.output, "b\n")


def list_has_them(rig: Rig):
    ids = {created(rig)[0]: "created", stopped(rig)[0]: "stopped"}
    listed = {entry["id"]: entry["status"] for entry in json.loads(rig.succeed("list", "--format", "json").output)}
    expect("the list", listed, ids)
    expect("the short list", set(rig.succeed("list", "--quiet").output.split()), set(ids))
    for identifier in ids:
        if identifier not in rig.succeed("list").output:
            raise Failure("the table does not have it")


def processes_are_those_inside(rig: Rig):
    identifier, _ = running(rig)
    pids = json.loads(rig.succeed("ps", "--format", "json", identifier).output)
    expect("the pids", pids, [rig.state(identifier)["pid"]])


def kill_reaches_all(rig: Rig):
    identifier, bundle = rig.identifier(), rig.bundle(["sh", "-c", "sleep 1000 & echo up >/up; read line </hold"])
    rig.succeed("create", "--bundle", bundle, identifier)
    rig.succeed("start", identifier)
    wait_until("its program runs", lambda: os.path.exists(f"{bundle}/rootfs/up"))
    pids = json.loads(rig.succeed("ps", "--format", "json", identifier).output)
    expect("how many there are", len(pids), 2)
    rig.succeed("kill", "--all", identifier, "KILL")
    rig.wait_for_status(identifier, "stopped")
    wait_until("all have ended", lambda: not any(os.path.exists(f"/proc/{pid}/exe") for pid in pids))


def signal_by_any_name(rig: Rig):
    for name in ["USR1", "SIGUSR1", "10"]:
        identifier = rig.identifier()
        bundle = rig.bundle(["sh", "-c", "trap 'exit 5' USR1; echo up >/up; while :; do sleep 0.01; done"])
        rig.succeed("create", "--bundle", bundle, identifier)
        rig.succeed("start", identifier)
        wait_until("its program runs", lambda: os.path.exists(f"{bundle}/rootfs/up"))
        rig.succeed("kill", identifier, name)
        rig.wait_for_status(identifier, "stopped")


def spec_is_a_bundles(rig: Rig):
    bundle = rig.bundle()
    os.remove(f"{bundle}/config.json")
    rig.succeed("spec", cwd=bundle)
    rig.fail("spec", cwd=bundle)
    rig.configure(bundle, ["echo", "hello"])
    identifier = rig.identifier()
    expect("the output", rig.succeed("run", "--bundle", bundle, identifier).output, "hello\n")


def features_are_told(rig: Rig):
    features = json.loads(rig.succeed("features").output)
    for key in ["ociVersionMin", "ociVersionMax", "hooks", "mountOptions", "linux"]:
        if key not in features:
            raise Failure(f"there is no {key}")


def bad_ids_are_refused(rig: Rig):
    bundle = rig.bundle()
    for identifier in ["", "..", "a/b", "a b", "é"]:
        rig.fail("create", "--bundle", bundle, identifier)


CHECKS = {
    "the state has all that the specification demands": state_document,
    "the program waits for start": program_waits,
    "an id is free again after delete": id_is_free_again,
    "a create that fails leaves nothing": failed_create_leaves_nothing,
    "a program that ends makes it stopped": stopped_by_itself,
    "run exits as the program": run_exits_as_the_program,
    "run --keep leaves the container": run_keeps_what_it_is_told_to,
    "run --detach returns": detached_run_returns,
    "the streams are the caller's": streams_are_the_callers,
    "exec exits as the process": exec_exits_as_the_process,
    "exec takes a document": exec_takes_a_document,
    "list has all": list_has_them,
    "ps has the pids": processes_are_those_inside,
    "kill --all reaches all": kill_reaches_all,
    "signals have names and numbers": signal_by_any_name,
    "spec writes what runs": spec_is_a_bundles,
    "features are told": features_are_told,
    "bad ids are refused": bad_ids_are_refused,
}
