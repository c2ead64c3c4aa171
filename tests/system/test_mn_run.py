# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects `./mn run`: two processes in one terminal, of which nothing is left behind, and the
demonstrations that it shows. Both programs are stand-ins."""
import os
import pathlib
import re
import select
import signal
import socket
import termios

import pytest

from conftest import DEADLINE_S
from front_door import ROOT, door, load  # noqa: F401 - a fixture is used by its name

# Each line is one write, so that the two do not mix within a line. Both wait for SIGTERM: a handler
# that is called between two steps of the interpreter misses one that comes just before a read.
STAND_IN = """#!/usr/bin/python3
import os, signal, sys, termios, threading
def say(*words): os.write(1, (" ".join(map(str, words)) + "\\n").encode())
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
"""
MELPOMENE = STAND_IN + """
say("melpomene", os.getpid(), *sys.argv[1:])
if sys.argv[1:] == ["die"]: sys.exit(3)
if sys.argv[1:] == ["crash"]: os.kill(os.getpid(), signal.SIGSEGV)
signal.sigwait([signal.SIGTERM])
say("melpomene down")
if sys.argv[1:] == ["hang"]: signal.sigwait([signal.SIGTERM])
"""
# Leaves the terminal without echo, as a crash would.
CROWTTY = STAND_IN + """
mode = termios.tcgetattr(0)
mode[3] &= ~termios.ECHO
termios.tcsetattr(0, termios.TCSANOW, mode)
def end():
    signal.sigwait([signal.SIGTERM])
    say("crowtty down")
    os._exit(0)
threading.Thread(target=end, daemon=True).start()
say("crowtty", os.getpid(), *sys.argv[1:])
for line in sys.stdin:
    if line == "quit\\n": sys.exit(0)
    say("typed", line.strip())
"""


class Session:
    """`mn run` on a terminal of its own, with stand-ins for both programs."""

    def __init__(self, door, *args):
        for name, text in (("platforms/melpomene", MELPOMENE), ("tools/crowtty", CROWTTY)):
            program = door / "build/host" / name / pathlib.Path(name).name
            program.parent.mkdir(parents=True)
            program.write_text(text)
            program.chmod(0o755)
        (door / "tools/mn/build").write_text("#!/bin/bash\n")
        self.text = ""
        self.terminal, inside = os.openpty()
        self.mode = termios.tcgetattr(self.terminal)
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.terminal)
            os.login_tty(inside)
            os.execv(door / "mn", [str(door / "mn"), "run", *args])
        os.close(inside)

    def read(self):
        """More of the output; OSError once the last process has closed the terminal."""
        if not select.select([self.terminal], [], [], DEADLINE_S)[0]:
            pytest.fail(f"nothing more was said after:\n{self.text}")
        self.text += os.read(self.terminal, 4096).decode()

    def read_until(self, pattern):
        """Returns the match; the end of the output before it is a failure."""
        while not re.search(pattern, self.text):
            self.read()
        return re.search(pattern, self.text)

    def boot(self):
        names = ("melpomene", "crowtty")
        self.pids = [int(self.read_until(name + r" (\d+)\s")[1]) for name in names]

    def type(self, text):
        os.write(self.terminal, text.encode())

    def end(self):
        """The exit code, once both programs are gone and the terminal is as it was."""
        try:
            while True:
                self.read()
        except OSError:
            pass
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        for pid in getattr(self, "pids", []):
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
        assert termios.tcgetattr(self.terminal) == self.mode
        os.close(self.terminal)
        return code


def test_run_ctrl_c_ends_both_and_gives_the_terminal_back(door):
    session = Session(door)
    session.boot()
    session.type("\x03")
    assert session.end() == 130
    assert "melpomene down" in session.text


def test_run_ends_crowtty_before_its_line(door):
    """It would tell that the line is lost, and that it waits."""
    session = Session(door)
    session.boot()
    os.kill(session.pid, signal.SIGTERM)
    assert session.end() == 128 + signal.SIGTERM
    assert session.text.index("crowtty down") < session.text.index("melpomene down")


def test_run_gives_the_keyboard_to_crowtty_and_the_arguments_to_melpomene(door):
    session = Session(door, "melpomene", "--", "--seed", "7")
    session.boot()
    session.read_until(r"melpomene \d+ --seed 7\s")
    session.read_until(r"crowtty \d+ --wait\s")
    session.type("hello\n")
    session.read_until("typed hello")
    session.type("quit\n")
    assert session.end() == 0
    assert "melpomene down" in session.text


@pytest.mark.parametrize(
    "args, line",
    [
        (["--serial", "127.0.0.1:9998"], "tcp:127.0.0.1:9998"),
        (["--serial=[::1]:9998", "--seed", "7"], "tcp:[::1]:9998"),
        (["-s", "unix:line"], "unix:line"),
        (["--config", "BOARD"], "tcp:127.0.0.1:9997"),
        (["--serial", "unix:line", "--config", "BOARD"], "unix:line"),
    ],
)
def test_run_takes_crowtty_to_the_line_that_melpomene_offers(door, tmp_path, args, line):
    board = tmp_path / "board.toml"
    board.write_text('[platform.tcp_uart]\nenabled = true\nsocket_addr = "127.0.0.1:9997"\n')
    session = Session(door, "--", *(str(board) if word == "BOARD" else word for word in args))
    session.boot()
    session.read_until(rf"crowtty \d+ --wait {re.escape(line)}\s")
    session.type("quit\n")
    assert session.end() == 0


@pytest.mark.parametrize("place", ["pty", "127.0.0.1:0"])
def test_run_refuses_a_line_whose_place_is_not_known_before(door, place):
    session = Session(door, "--", "--serial", place)
    assert session.end() == 2
    assert "./mn attach" in session.text


@pytest.mark.parametrize("text", ["", "[platform.tcp_uart]\nenabled = false\n"])
def test_run_refuses_a_board_without_a_line(door, tmp_path, text):
    """crowtty would wait for ever."""
    (tmp_path / "board.toml").write_text(text)
    session = Session(door, "--", "-c", str(tmp_path / "board.toml"))
    assert session.end() == 2
    assert "enables no serial line" in session.text


def test_run_that_is_killed_takes_both_with_it(door):
    session = Session(door)
    session.boot()
    os.kill(session.pid, signal.SIGKILL)
    session.read_until("melpomene down")
    os.waitpid(session.pid, 0)
    os.close(session.terminal)


def test_run_ends_when_melpomene_fails(door):
    session = Session(door, "--", "die")
    assert session.end() == 3
    assert "melpomene ended with exit code 3" in session.text


def test_run_names_the_signal_of_a_crash(door):
    session = Session(door, "--", "crash")
    assert session.end() == 128 + signal.SIGSEGV
    assert "melpomene was ended by signal SIGSEGV" in session.text


def test_run_ends_what_hangs_at_the_second_ctrl_c(door):
    session = Session(door, "--", "hang")
    session.boot()
    session.type("\x03")
    session.read_until("melpomene down")
    session.type("\x03")
    assert session.end() == 130


# --- run --demo


@pytest.fixture
def demos(door):
    """The door, with demonstrations of its own: their directories."""
    for platform in "melpomene", "riscv-virt":
        directory = door / "platforms" / platform / "demos"
        directory.mkdir(parents=True)
        for name in "one", "two":
            (directory / f"{name}.toml").write_text(
                '[platform.tcp_uart]\nenabled = true\nsocket_addr = "127.0.0.1:9996"\n')
    return door / "platforms"


def test_run_shows_a_demonstration(door, demos, monkeypatch):
    for place in "DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER":
        monkeypatch.delenv(place, raising=False)
    session = Session(door, "--demo", "two", "--", "--seed", "7")
    session.boot()
    session.read_until(r"mn: there is no desktop for a window; .* ./mn screenshot FILE.png")
    session.read_until(rf"melpomene \d+ --config {demos}/melpomene/demos/two.toml --seed 7\s")
    session.read_until(r"crowtty \d+ --wait --raw-keyboard tcp:127.0.0.1:9996\s")
    session.type("quit\n")
    assert session.end() == 0


@pytest.mark.parametrize("line, understood", [
    (["--demo", "one", "riscv64"], ("riscv64", "one", [])),
    (["riscv32", "--demo=two", "--", "--demo", "x"], ("riscv32", "two", ["--demo", "x"])),
    (["--demo", "three"], "no demonstration 'three' for melpomene; there is: one, two"),
    (["mps2", "--demo", "one"],
     "mps2 has no screen for a demonstration; these have: melpomene, riscv64, riscv32"),
    (["--demo"], "--demo: which one?"),
])
def test_run_knows_which_demonstrations_there_are(door, demos, line, understood, monkeypatch,
                                                  capsys):
    run = load("run", monkeypatch)
    monkeypatch.setattr(run, "ROOT", door)
    try:
        assert run.arguments(line) == understood
    except SystemExit as end:
        assert end.code == 2
        assert understood in capsys.readouterr().err


def test_run_gives_a_board_the_devices_of_its_screen(monkeypatch):
    """With the image that has the demonstration, and each key at once."""
    run = load("run", monkeypatch)
    started = []

    def start(command, **_options):
        started.append([str(word) for word in command])
        if "crowtty" in started[0][0] and len(started) == 1:
            run.socket.socket(socket.AF_UNIX).connect(started[0][-1].removeprefix("unix:"))

    monkeypatch.setattr(run, "start", start)
    monkeypatch.setenv("DISPLAY", "")
    monkeypatch.setenv("WAYLAND_DISPLAY", "")
    run.start_board("riscv64", "clock", ["-extra"])
    crowtty, qemu = started
    assert "--raw-keyboard" in crowtty
    assert str(ROOT / "build/riscv64/platforms/riscv-virt/demo-clock.elf") in qemu
    assert {"virtio-gpu-device", "virtio-keyboard-device", "-extra"} < set(qemu)
    started.clear()
    run.start_board("riscv64", None, [])
    crowtty, qemu = started
    assert "--raw-keyboard" not in crowtty and "virtio-gpu-device" not in qemu
