# SPDX-License-Identifier: MIT OR Apache-2.0
"""crowtty's standard input: the keyboard of a target, by lines or key by key."""
import contextlib
import fcntl
import os
import pty
import signal
import subprocess
import termios
import tty

import pytest

from conftest import DEADLINE_S
from target import connect


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


@contextlib.contextmanager
def raw_terminal(attached):
    """crowtty --raw-keyboard on a terminal: its far end, and it is raw already."""
    master, slave = pty.openpty()
    before = tty.tcgetattr(slave)

    def make_it_ours():
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    process, _, target = attached("--raw-keyboard", stdin=slave, preexec_fn=make_it_ours)
    try:
        process.wait_for(r"reading from STDIN, key by key; Ctrl-\] ends")
        os.write(master, b"a")  # only a raw terminal gives it without its line
        assert target.next_frame() == (2, b"a")
        yield process, target, master
        assert tty.tcgetattr(slave) == before
    finally:
        os.close(slave)
        os.close(master)


def test_a_raw_terminal_sends_each_key_as_it_is(attached):
    with raw_terminal(attached) as (process, target, master):
        for key in (b"\x03", b"\x04", b"\x11", b"\x1a", b"\x1c", b"\r", b"\n", b"\x1b[1;5A"):
            os.write(master, key)
            assert target.next_frame() == (2, key)
        os.write(master, b"z\x1dnot this")
        assert target.next_frame() == (2, b"z")
        assert process.process.wait(DEADLINE_S) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT,
                                    signal.SIGSEGV])
def test_a_raw_terminal_is_left_as_it_was(attached, number):
    with raw_terminal(attached) as (process, _, _):
        process.process.send_signal(number)
        assert process.process.wait(DEADLINE_S) in (128 + number, -number)


def test_a_raw_terminal_is_as_it_was_without_a_target(attached):
    with raw_terminal(attached) as (process, target, master):
        target.close()
        process.wait_for("LINE lost")
        os.write(master, b"\x03")
        assert process.process.wait(DEADLINE_S) == 128 + signal.SIGINT


def test_no_keyboard_says_where_it_is(attached):
    process, base, target = attached("--no-keyboard", stdin=subprocess.PIPE)
    process.wait_for(r"KEYB pseudo-keyboard \(SerMux port :2\) on localhost:%d" % (base + 2))
