# SPDX-License-Identifier: MIT OR Apache-2.0
"""Instructions, nanoseconds, and programs that are watched while they run."""

import concurrent.futures
import contextlib
import dataclasses
import functools
import pathlib
import re
import shutil
import subprocess

PATIENCE_S = 600  # for one run; only what hangs takes it


class Failed(Exception):
    """A benchmark did not do what it should; the text says what."""


class Skipped(Exception):
    """This machine cannot measure that; the text says what it lacks."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """Where the programs are, and how thoroughly to measure."""

    root: pathlib.Path
    build: pathlib.Path
    quick: bool

    def program(self, *parts):
        path = self.build.joinpath(*parts)
        if not path.exists():
            raise Skipped(f"{'/'.join(parts)} is not in this build")
        return str(path)


def output_of(*command, **options):
    """What a command printed on both its outputs, or Failed with what it said of an error."""
    result = subprocess.run(
        [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", timeout=PATIENCE_S, **options,
    )  # fmt: skip
    if result.returncode != 0:
        lines = result.stdout.strip().splitlines() or ["it said nothing"]
        why = next((line for line in lines if "error" in line), lines[-1])
        raise Failed(f"{pathlib.Path(command[0]).name} ended with {result.returncode}: {why}")
    return result.stdout


def find(pattern, text):
    match = re.search(pattern, text)
    if not match:
        raise Failed(f"no {pattern!r} in: {text.strip()[-100:]}")
    return match


def instructions_of(command):
    """All instructions of one run. The environment is empty, so that it is the same each time."""
    text = output_of(
        "/usr/bin/env", "-i", shutil.which("valgrind"), "--tool=callgrind",
        "--callgrind-out-file=/dev/null", *command,
    )  # fmt: skip
    return int(find(r"Collected : (\d+)", text)[1])


def can_count():
    return shutil.which("valgrind") is not None


@functools.cache
def instructions_each(command, few, many):
    """Of one round: the difference of two runs, so that start-up and end cancel out. None
    without valgrind. `command` is a tuple to which the number of rounds is added."""
    if not can_count():
        return None
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        less, more = pool.map(instructions_of, [command + (str(few),), command + (str(many),)])
    return (more - less) / (many - few)


@functools.cache
def ns_each(command, rounds, runs):
    """Of one round: the least of a few runs, since whatever disturbs a run only adds to it."""
    return min(
        float(find(r"([\d.]+) ns each", output_of(*command, rounds))[1]) for _ in range(runs)
    )


@contextlib.contextmanager
def running(*command, **options):
    """A program that does not outlive the block; asked to end, then made to."""
    options.setdefault("stdin", subprocess.DEVNULL)
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", **options,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
