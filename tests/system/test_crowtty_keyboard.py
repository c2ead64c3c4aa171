# SPDX-License-Identifier: MIT OR Apache-2.0
"""crowtty's standard input: the keyboard of a target, by lines or key by key."""
import contextlib
import fcntl
import os
import pathlib
import pty
import signal
import subprocess
import termios
import tty

import pytest

from conftest import DEADLINE_S, crowtty_program, free_ports
from target import accept, connect, name_of


def test_standard_input_is_the_keyboard_and_its_end_ends_nothing_else(attached):
    process, base, target = attached(stdin=subprocess.PIPE)
    process.wait_for(r"\[2 .*KEYB pseudo-keyboard \(SerMux port :2\) reading from STDIN")
    process.process.stdin.write(b"dup\n")
    process.process.stdin.close()
    process.process.stdin = None
    assert target.next_frame() == (2, b"dup\n")
    process.wait_for("STDIN has ended")
    with connect(base + 2) as client:
        client.sendall(b"k")
        assert target.next_frame() == (2, b"k")


def test_a_file_as_the_keyboard_is_sent_whole(attached, tmp_path):
    script = b"".join(b"%d emit\n" % i for i in range(20000))
    (tmp_path / "script").write_bytes(script)
    with open(tmp_path / "script", "rb") as stdin:
        _, _, target = attached("-k", "10", stdin=stdin)
        assert target.next_bytes(10, len(script)) == script


def test_a_terminal_is_left_as_it_was(attached):
    master, slave = pty.openpty()
    before = tty.tcgetattr(slave)
    process, _, target = attached(stdin=slave)
    process.wait_for("KEYB")
    os.write(master, b"words\n")
    assert target.next_frame() == (2, b"words\n")
    assert process.end(signal.SIGINT) == 128 + signal.SIGINT
    assert tty.tcgetattr(slave) == before
    assert os.get_blocking(slave)
    os.close(slave)
    os.close(master)


class Terminal:
    """A terminal with a crowtty on it, and its far end."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        self.before = tty.tcgetattr(self.slave)
        self.options = {"stdin": self.slave, "preexec_fn": self._make_it_ours}

    def _make_it_ours(self):
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def type(self, keys: bytes):
        os.write(self.master, keys)

    def is_as_before(self) -> bool:
        return tty.tcgetattr(self.slave) == self.before

    def assert_raw(self, target):
        """Only a raw terminal gives a key without its line."""
        self.type(b"a")
        assert target.next_frame() == (2, b"a")

    def close(self):
        os.close(self.slave)
        os.close(self.master)


@pytest.fixture
def terminal():
    one = Terminal()
    yield one
    one.close()


RAW = r"reading from STDIN, key by key; Ctrl-\] ends"


@contextlib.contextmanager
def raw_terminal(attached, terminal):
    """crowtty --raw-keyboard, and the terminal is raw already; in the end it is as before."""
    process, _, target = attached("--raw-keyboard", **terminal.options)
    process.wait_for(RAW)
    terminal.assert_raw(target)
    yield process, target
    assert terminal.is_as_before()


def test_a_raw_terminal_sends_each_key_as_it_is(attached, terminal):
    with raw_terminal(attached, terminal) as (process, target):
        for key in (b"\x03", b"\x04", b"\x11", b"\x1a", b"\x1c", b"\r", b"\n", b"\x1b[1;5A"):
            terminal.type(key)
            assert target.next_frame() == (2, key)
        terminal.type(b"z\x1dnot this")
        assert target.next_frame() == (2, b"z")
        assert process.process.wait(DEADLINE_S) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT,
                                    signal.SIGSEGV, signal.SIGUSR1, signal.SIGALRM])
def test_a_raw_terminal_is_left_as_it_was(attached, terminal, number):
    with raw_terminal(attached, terminal) as (process, _):
        process.process.send_signal(number)
        assert process.process.wait(DEADLINE_S) in (128 + number, -number)


def test_a_raw_terminal_is_as_it_was_without_a_target(attached, terminal):
    with raw_terminal(attached, terminal) as (process, target):
        target.close()
        process.wait_for("LINE lost")
        terminal.type(b"\x03")
        assert process.process.wait(DEADLINE_S) == 128 + signal.SIGINT


def test_a_raw_terminal_is_the_shells_while_crowtty_is_stopped(start, server, terminal):
    """Under a shell with job control, which itself leaves the terminal's settings alone."""
    shell = start("dash", "-mc", '"$@"; echo stopped; read _; fg; echo ended with $?', "-",
                  crowtty_program(), "--raw-keyboard", "--tcp-port-base", free_ports(16),
                  name_of(server), env={**os.environ, "MNEMOS_TRACE": "off"}, **terminal.options)
    target = accept(server)
    shell.wait_for(RAW)
    terminal.assert_raw(target)
    children = pathlib.Path(f"/proc/{shell.pid}/task/{shell.pid}/children")
    os.kill(int(children.read_text()), signal.SIGTSTP)
    shell.wait_for("stopped\n")
    assert terminal.is_as_before()
    terminal.type(b"go on\n")
    terminal.assert_raw(target)
    terminal.type(b"\x1d")
    shell.wait_for("ended with 0\n")
    assert terminal.is_as_before()
    target.close()


def test_a_terminal_is_raw_again_after_a_stop_that_nobody_sees(attached, terminal):
    with raw_terminal(attached, terminal) as (process, target):
        process.process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        termios.tcsetattr(terminal.slave, termios.TCSANOW, terminal.before)  # as a shell does
        process.process.send_signal(signal.SIGCONT)
        terminal.assert_raw(target)
        process.process.send_signal(signal.SIGTERM)
        assert process.process.wait(DEADLINE_S) == 128 + signal.SIGTERM


def test_no_keyboard_says_where_it_is(attached):
    process, base, target = attached("--no-keyboard", stdin=subprocess.PIPE)
    process.wait_for(r"KEYB pseudo-keyboard \(SerMux port :2\) on localhost:%d" % (base + 2))
