# SPDX-License-Identifier: MIT OR Apache-2.0
"""The simulator's screen: what an animation costs, and a picture that does not change."""

import contextlib
import pathlib
import shutil
import signal
import tempfile
import time

from line import said
from measure import running
from table import Figure

BOARD = """
[kernel]
heap_size = 4194304
[services.keyboard_mux]
enabled = true
[services.demo_{demo}]
enabled = true
[platform.display]
enabled = true
width = 400
height = 240
frames_per_second = 60
"""


@contextlib.contextmanager
def xserver():
    """The environment of an X server without a screen, or None where there is none."""
    if not shutil.which("Xvfb"):
        yield None
        return
    with running("Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24",
                 "-noreset") as process:
        yield {"DISPLAY": ":" + said(process, r"(?m)^(\d+)\n")[1]}


@contextlib.contextmanager
def machine(setting, demo, env):
    """The simulator with a demonstration; in a window if there is an environment for one."""
    with tempfile.TemporaryDirectory() as scratch:
        board = pathlib.Path(scratch, "board.toml")
        board.write_text(BOARD.format(demo=demo))
        program = setting.program("platforms", "melpomene", "melpomene")
        options = {"env": env} if env else {}
        with running(program, "--config", board, *([] if env else ["--no-window"]),
                     **options) as process:
            said(process, r"screen: 400x240 .*\n")
            yield process


def frames(process):
    process.send_signal(signal.SIGUSR1)
    return int(said(process, r"\nscreen: (\d+) frames.*\n")[1])


def spent(pid):
    """Seconds of CPU time of all threads of a process, and how often they were woken."""
    threads = list(pathlib.Path("/proc", str(pid), "task").iterdir())
    cpu_ns = sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads)
    woken = sum(int(row.split()[1]) for thread in threads
                for row in (thread / "status").read_text().splitlines()
                if row.startswith("voluntary_ctxt_switches"))
    return cpu_ns / 1e9, woken


def watched(setting, process):
    """(seconds, frames a second, [CPU seconds and wakes of the machine and of its window])."""
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    time.sleep(1)  # the first second is start-up
    pids = [process.pid, *children.read_text().split()]
    first, asked = frames(process), time.monotonic()
    time.sleep(0.5)  # until it has done with that question
    began, before = time.monotonic(), [spent(pid) for pid in pids]
    time.sleep(3 if setting.quick else 10)
    after = [spent(pid) for pid in pids]
    took = time.monotonic() - began
    shown = frames(process) - first
    per_second = shown / (time.monotonic() - asked)
    return took, per_second, [(cpu - cpu0, woken - woken0)
                              for (cpu, woken), (cpu0, woken0) in zip(after, before)]


def both(setting, demo):
    """What is seen of a machine without a window, and of one with it or None."""
    with machine(setting, demo, None) as process:
        without = watched(setting, process)
    with xserver() as env:
        if not env:
            return without, None
        with machine(setting, demo, env) as process:
            return without, watched(setting, process)


def animation(setting, row):
    (took, rate, [(cpu, _woken)]), windowed = both(setting, "clock")
    row.figures.append(Figure(100 * cpu / took, "% of a core", 10))
    row.figures.append(Figure(rate, "frames/s"))
    row.figures.append(Figure(1e6 * cpu / took / max(rate, 1), "us a frame"))
    if windowed:
        took, _rate, processes = windowed
        row.figures.append(Figure(100 * sum(cpu for cpu, _ in processes) / took,
                                  "% with a window of 800x480"))


def unchanged(setting, row):
    (_took, rate, [(cpu, woken)]), windowed = both(setting, "paint")
    row.figures.append(Figure(rate, "frames/s", 0))
    row.figures.append(Figure(woken, "wake-ups", 0))
    row.figures.append(Figure(1000 * cpu, "ms CPU", 0))
    if windowed:
        _took, _rate, [_machine, (_cpu, woken)] = windowed
        row.figures.append(Figure(woken, "wake-ups of the window", 0))


def benches():
    yield "animation", "an animated clock, 400x240 at 60 frames/s, in the simulator", animation
    yield "unchanged", "a painting that nobody paints on, for 10 s", unchanged
