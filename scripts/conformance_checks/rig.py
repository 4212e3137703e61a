"""A runtime under test, its bundles and its containers, below one temporary directory."""

import json
import os
import shlex
import shutil
import subprocess
import tempfile
import time

# No step takes this long; without an end a runtime that hangs would hang the check.
PATIENCE = 20.0

# Waits for a byte at a FIFO of its root, as process 1 that says when it is there.
WAITING = ["sh", "-c", "echo up >/up; read line </hold"]
ENDING = ["true"]


class Failure(Exception):
    """What a check found wrong."""


class Result:
    def __init__(self, status, output, errors):
        self.status, self.output, self.errors = status, output, errors

    def __str__(self):
        return f"exit {self.status}, output {self.output.strip()!r}, errors {self.errors.strip()!r}"


def wait_until(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"waited in vain until {what}")
        time.sleep(0.005)


class Rig:
    """Everything of one check. To be closed, whatever comes of it."""

    def __init__(self, command):
        self.command = shlex.split(command)
        self.directory = tempfile.mkdtemp(prefix="oci-conformance-")
        self.root = f"{self.directory}/state"
        self.count = 0
        self.ids = []
        self.processes = []

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
        for identifier in self.ids:
            self.run("delete", "--force", identifier)
        shutil.rmtree(self.directory)

    @staticmethod
    def name_of(command):
        return os.path.basename(shlex.split(command)[0])

    # Running the runtime

    def words(self, *arguments):
        return [*self.command, "--root", self.root, *arguments]

    def run(self, *arguments, input=None, cwd=None, **options):
        """Runs the runtime to its end. A container has files for streams, for it keeps them when the runtime is gone."""
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            try:
                process = subprocess.run(
                    self.words(*arguments), input=input, stdout=output, stderr=errors, cwd=cwd, timeout=PATIENCE,
                    **({"stdin": subprocess.DEVNULL} if input is None else {}), **options)
            except subprocess.TimeoutExpired:
                raise Failure(f"{' '.join(arguments)}: it does not end") from None
            output.seek(0)
            errors.seek(0)
            return Result(process.returncode, output.read().decode(), errors.read().decode())

    def start_running(self, *arguments):
        """Runs the runtime beside the check."""
        process = subprocess.Popen(
            self.words(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def succeed(self, *arguments, **options):
        result = self.run(*arguments, **options)
        if result.status != 0:
            raise Failure(f"{' '.join(arguments)}: {result}")
        return result

    def fail(self, *arguments, **options):
        result = self.run(*arguments, **options)
        if result.status == 0:
            raise Failure(f"{' '.join(arguments)}: it succeeded")
        if not result.errors.strip():
            raise Failure(f"{' '.join(arguments)}: it failed without a word")
        return result

    # Containers

    def identifier(self):
        self.count += 1
        identifier = f"conformance-{os.getpid()}-{os.path.basename(self.directory)[-8:]}-{self.count}"
        self.ids.append(identifier)
        return identifier

    def bundle(self, program=WAITING, change=None):
        """A bundle of `crun spec` with a busybox root, for a program without terminal."""
        self.count += 1
        path = f"{self.directory}/bundle{self.count}"
        os.makedirs(f"{path}/rootfs/bin")
        busybox = shutil.which("busybox")
        shutil.copy(busybox, f"{path}/rootfs/bin/busybox")
        for name in ["sh", "true", "false", "sleep", "cat", "echo", "test", "ls", "id", "env", "kill"]:
            os.symlink("busybox", f"{path}/rootfs/bin/{name}")
        os.mkfifo(f"{path}/rootfs/hold")
        subprocess.run(["crun", "spec"], cwd=path, check=True)
        self.configure(path, program, change)
        return path

    def configure(self, path, program, change=None):
        with open(f"{path}/config.json") as file:
            config = json.load(file)
        config["process"]["terminal"] = False
        config["process"]["args"] = program
        config["root"]["readonly"] = False
        # crun's own has some that can't be granted, which a runtime says.
        config["process"]["capabilities"]["ambient"] = []
        if change:
            change(config)
        with open(f"{path}/config.json", "w") as file:
            json.dump(config, file)

    def state(self, identifier):
        return json.loads(self.succeed("state", identifier).output)

    def status(self, identifier):
        """Nil where there is no such container."""
        result = self.run("state", identifier)
        return json.loads(result.output)["status"] if result.status == 0 else None

    def expect_status(self, identifier, expected):
        found = self.status(identifier)
        if found != expected:
            raise Failure(f"its state is {found}, not {expected}")

    def wait_for_status(self, identifier, expected):
        wait_until(f"its state is {expected}", lambda: self.status(identifier) == expected)
