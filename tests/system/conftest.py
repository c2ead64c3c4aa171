# SPDX-License-Identifier: MIT OR Apache-2.0
"""Shared by the whole-system tests: where the programs are, and how to watch them run.

Tests wait for events (a line of output, bytes on a socket, the end of a process), each with
one generous deadline that only a broken program reaches. Nothing sleeps.
"""
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

DEADLINE_S = 30

# What a shell in the background ignores, as a CI's may be, programs would ignore, too.
for ignored in (signal.SIGHUP, signal.SIGQUIT):
    signal.signal(ignored, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MN_BUILD", ROOT / "build" / "host"))

BOARD = os.environ.get("MN_BOARD", "none")


def only(here):
    """A decorator: the test is not there at all in the other kind of build."""
    return lambda test: test if here else None


on_host = only(BOARD == "none")  # a cross build has no host programs
on_board = only(BOARD != "none")


def program(*parts: str) -> str:
    """The path of a built program, or a skip where this build has none."""
    path = BUILD.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is not built")
    return str(path)


def crowtty_program() -> str:
    """The one of this build, or of the host's beside it."""
    if BOARD == "none":
        return program("tools", "crowtty", "crowtty")
    path = ROOT / "build/host/tools/crowtty/crowtty"
    if not path.exists():
        pytest.skip(f"{path} is not built")
    return str(path)


class Process:
    """A program whose standard output and error are read line by line."""

    def __init__(self, *command, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        self.process = subprocess.Popen(command, stderr=subprocess.STDOUT, **options)
        self.pid = self.process.pid
        self.text = b""
        self.seen = 0

    def _read_more(self, deadline: float) -> bool:
        out = self.process.stdout
        ready, _, _ = select.select([out], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError(f"nothing more was said after:\n{self.text.decode()}")
        more = os.read(out.fileno(), 65536)
        self.text += more
        return bool(more)

    def wait_for(self, pattern: str) -> re.Match:
        """The next match of a regular expression in what follows the last match."""
        deadline = time.monotonic() + DEADLINE_S
        regex = re.compile(pattern.encode())
        while True:
            match = regex.search(self.text, self.seen)
            if match:
                self.seen = match.end()
                return match
            if not self._read_more(deadline):
                raise EOFError(f"ended without {pattern!r}:\n{self.text.decode()}")

    def end(self, sent=None) -> int:
        """Sends a signal, if any; then all output is in `text`. Returns the exit code."""
        if sent is not None:
            self.process.send_signal(sent)
        deadline = time.monotonic() + DEADLINE_S
        if self.process.stdout:
            while self._read_more(deadline):
                pass
        return self.process.wait(DEADLINE_S)

    def kill(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdout, self.process.stdin):
            if stream:
                stream.close()


@pytest.fixture
def start():
    """start(program, argument...) runs a Process that does not outlive the test."""
    running = []

    def run(*command, **options):
        running.append(Process(*map(str, command), **options))
        return running[-1]

    yield run
    for process in running:
        process.kill()


_STEP = 16  # ports
_bases = iter(range(10000 + os.getpid() % 997 * _STEP, 32000, _STEP))


_reserved = []  # a socket for each step, until this process ends: other test runs skip it


def reserve(base: int, count: int) -> None:
    for step in range(base, base + count, _STEP):
        _reserved.append(socket.socket(socket.AF_UNIX))
        _reserved[-1].bind(f"\0mnemos test ports {step}")


def free_ports(count: int) -> int:
    """A base such that base .. base + count - 1 of 127.0.0.1 can be listened on, below the
    range that the system itself gives to outgoing connections. Never the same twice, nor one that
    another test run has."""
    for base in _bases:
        holders = []
        try:
            reserve(base, count)
            for port in range(base, base + count):
                holders.append(socket.create_server(("127.0.0.1", port)))
            return base
        except OSError:
            continue
        finally:
            for holder in holders:
                holder.close()
    raise RuntimeError("no free ports")


@pytest.fixture
def crowtty(start):
    """crowtty(argument...) -> (process, first TCP port). It traces nothing unless asked to."""

    def run(*arguments, env=os.environ, trace="off", **options):
        base = free_ports(16)
        options["env"] = {**env, "MNEMOS_TRACE": trace}
        return start(crowtty_program(), "--tcp-port-base", base, *arguments,
                     **options), base

    return run


@pytest.fixture
def server():
    """A listening socket for crowtty to connect to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(DEADLINE_S)
        yield listener


@pytest.fixture
def attached(crowtty, server):
    """attached(argument...) -> (process, base, target), connected to each other."""
    from target import accept, name_of  # it needs this module

    targets = []

    def run(*arguments, **options):
        process, base = crowtty(*arguments, name_of(server), **options)
        targets.append(accept(server))
        return process, base, targets[-1]

    yield run
    for target in targets:
        target.close()
