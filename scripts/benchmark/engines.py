"""The container engines, each behind the same few verbs, each with its data in a private directory."""

import json
import os
import subprocess
import time

from .measure import CommandFailed, done

BASE = "bench:base"


class Engine:
    """docker's command line, which podman and varve share as far as it is used here."""

    name = "engine"
    # False where a daemon does what the command asks for.
    works_itself = True

    def __init__(self, directory, tar):
        self.directory, self.tar = directory, tar
        os.makedirs(directory)
        self.has_base = False

    def command(self, *arguments):
        raise NotImplementedError

    def version(self):
        return done(self.command("--version")).strip()

    def base(self):
        """Imports the base image, once, and returns its name."""
        if not self.has_base:
            done(self.import_command(BASE))
            self.has_base = True
        return BASE

    def branch(self, tag):
        """An image like the base that commits may be stacked on."""
        return self.base()

    def import_command(self, tag):
        return self.command("import", self.tar, tag)

    def run_command(self, *arguments):
        return self.command("run", "--network", "none", *arguments)

    def start(self, container):
        done(self.command("start", "-a", container))

    def commit_command(self, container, tag):
        return self.command("commit", container, tag)

    def pausing_commit_command(self, container, tag):
        """A commit for which the container's processes stand still."""
        return self.commit_command(container, tag)

    def diff_command(self, container):
        return self.command("diff", container)

    def load_command(self, archive):
        return self.command("load", "-i", archive)

    # Whether the layers in the saved archive are compressed, and not the archive.
    saves_layers = True

    def save_command(self, tag, archive, compression):
        """Writes an image with gzip or zstd."""
        raise NotImplementedError

    def diff_ids(self, tag):
        """Digests of an image's layers without compression."""
        return json.loads(done(self.command("image", "inspect", "--format", "{{json .RootFS.Layers}}", tag)))

    def remove(self, container):
        done(self.command("rm", container))

    def remove_running(self, container):
        done(self.command("rm", "-f", container))

    def pid(self, container):
        """The container's first process."""
        return int(done(self.command("inspect", "--format", "{{.State.Pid}}", container)))

    def remove_image(self, tag):
        done(self.command("rmi", tag))

    def fresh(self, number):
        """An engine that has never seen the input, for one import."""
        return self

    def close(self):
        pass


class Docker(Engine):
    """dockerd with a containerd of its own, both gone when this process is."""

    name = "docker"
    works_itself = False

    def __init__(self, directory, tar):
        super().__init__(directory, tar)
        self.daemons = []
        self.socket = f"unix://{directory}/docker.sock"
        containerd = f"{directory}/containerd.sock"
        with open(f"{directory}/containerd.toml", "w", encoding="utf-8") as file:
            file.write(
                "version = 2\n"
                f'root = "{directory}/containerd"\nstate = "{directory}/containerd-state"\n'
                f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "{containerd}"\n'
            )
        try:
            self.daemon("containerd", "-c", f"{directory}/containerd.toml")
            self.wait_until(lambda: os.path.exists(containerd), "containerd")
            self.daemon(
                "dockerd", "--iptables=false", "--bridge=none", "-s", "overlay2", "--containerd", containerd,
                "--data-root", f"{directory}/data", "--exec-root", f"{directory}/exec",
                "--pidfile", f"{directory}/docker.pid", "-H", self.socket,
            )
            self.wait_until(self.answers, "dockerd")
        except BaseException:
            self.close()
            raise

    def daemon(self, *argv):
        with open(f"{self.directory}/{argv[0]}.log", "wb") as log:
            # Should this process be killed, its daemons are told to end as well.
            self.daemons.append(subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *argv],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            ))

    def answers(self):
        return subprocess.run(self.command("version"), capture_output=True, check=False).returncode == 0

    def wait_until(self, ready, name):
        for _ in range(300):
            if ready():
                return
            if self.daemons[-1].poll() is not None:
                break
            time.sleep(0.1)
        with open(f"{self.directory}/{name}.log", encoding="utf-8", errors="replace") as log:
            raise CommandFailed([name], self.daemons[-1].poll(), log.read())

    def command(self, *arguments):
        return ["docker", "-H", self.socket, *arguments]

    # docker writes layers as they are.
    saves_layers = False

    def save_command(self, tag, archive, compression):
        script = 'archive=$1 compression=$2; shift 2; "$@" | "$compression" -c >"$archive"'
        return ["bash", "-o", "pipefail", "-c", script, "bash", archive, compression, *self.command("save", tag)]

    def close(self):
        for process in reversed(self.daemons):
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.daemons = []


class Podman(Engine):
    """podman with runc: its crun needs a unified cgroup hierarchy."""

    name = "podman"
    # Without CAP_SYS_RESOURCE podman's own, higher limits can't be set.
    limits = ["--ulimit", "nofile=1000:1000", "--ulimit", "nproc=9000:9000"]

    def remove_running(self, container):
        # Else it waits ten seconds for a process that heeds no TERM.
        done(self.command("rm", "-f", "-t", "0", container))

    def command(self, *arguments):
        return [
            "podman", "--root", f"{self.directory}/root", "--runroot", f"{self.directory}/run",
            "--tmpdir", f"{self.directory}/tmp", "--storage-driver", "overlay", "--runtime", "runc",
            "--cgroup-manager", "cgroupfs", "--events-backend", "file", *arguments,
        ]

    def run_command(self, *arguments):
        return super().run_command(*self.limits, *arguments)

    def pausing_commit_command(self, container, tag):
        return self.command("commit", "--pause", container, tag)

    def save_command(self, tag, archive, compression):
        """By skopeo out of podman's store, since `podman save` knows gzip alone."""
        store = f"[overlay@{self.directory}/root+{self.directory}/run]"
        return [
            "skopeo", "copy", "--quiet", "--dest-compress", "--dest-compress-format", compression,
            f"containers-storage:{store}docker.io/library/{tag}", f"oci-archive:{archive}:{tag}",
        ]

    def fresh(self, number):
        # podman skips a layer that it has.
        return Podman(f"{self.directory}/import-{number}", self.tar)

    def close(self):
        if os.path.isdir(f"{self.directory}/root"):
            done(self.command("rm", "--all", "--force"))


class Varve(Engine):
    name = "varve"

    def __init__(self, directory, tar, executable):
        super().__init__(directory, tar)
        self.executable = executable

    def command(self, *arguments):
        return [self.executable, "--root", f"{self.directory}/repository", *arguments]

    def version(self):
        return done(self.command("version")).splitlines()[0].strip()

    def branch(self, tag):
        done(self.command("tag", tag, self.base()))
        return tag

    def import_command(self, tag):
        return self.command("import", tag, self.tar)

    def commit_command(self, container, tag):
        return self.command("commit", container, "-m", "x", "-t", tag)

    def save_command(self, tag, archive, compression):
        return self.command("save", "--compression", compression, "-o", archive, tag)

    def diff_ids(self, tag):
        return json.loads(done(self.command("inspect", tag)))[0]["layers"]

    def pid(self, container):
        rows = json.loads(done(self.command("ps", "--json")))
        return next(row["pid"] for row in rows if row["name"] == container)

    def remove_image(self, tag):
        done(self.command("tag", "-d", tag))

    def fresh(self, number):
        return Varve(f"{self.directory}/import-{number}", self.tar, self.executable)
