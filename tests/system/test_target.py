# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects the unit tests on a board (tests/target): that one which fails, crashes or overflows its
stack there is seen to have failed, that what is asked of it reaches it, and that one run is as the
other."""
import os
import signal
import subprocess

import pytest

from conftest import ROOT, program

BOARD = os.environ["MN_BOARD"]
FAULT = 70


def run(*image, **env):
    """How an image ended, and what it said."""
    env = {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP", **env}
    command = [str(ROOT / "tests/target/run"), BOARD, program("tests", *image)]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, env=env, timeout=60
    )


def planted(how, **env):
    return run("target", "planted.elf", MN_PLANT=how, **env)


def test_success_is_0():
    done = planted("nothing")
    assert done.returncode == 0
    assert [done.stdout.count(s) for s in (b"1..3\n", b"\nok ", b"not ok")] == [1, 3, 0]


def test_failed_case_is_not_ok_and_the_others_run():
    done = planted("fail")
    assert done.returncode == 1
    assert b"\nnot ok 2 - goes_as_planted\n" in done.stdout
    assert b"\nok 3 " in done.stdout


@pytest.mark.parametrize(
    "how, code, said",
    [
        ("crash", FAULT, b"fault: "),
        ("overflow", FAULT, b"stack overflow"),
        ("abort", 128 + signal.SIGABRT, b"ended by signal 6 "),
    ],
)
def test_crash_is_reported_and_ends_it(how, code, said):
    done = planted(how)
    assert done.returncode == code
    assert said in done.stdout
    assert b"ok 2" not in done.stdout


def test_order_reaches_the_board():
    done = planted("nothing", MN_SHUFFLE="17", CMOCKA_MESSAGE_OUTPUT="STDOUT")
    assert done.stdout.count(b"MN_SHUFFLE is 17\n") == 2


@pytest.mark.parametrize("noun", ["kernels", "timer", "serial_mux"])
def test_one_run_is_as_the_other_to_the_byte(noun):
    one, two = (run("unit", f"test_{noun}.elf", MN_SHUFFLE="1") for _ in range(2))
    assert one.stdout.startswith(b"1..")
    assert (one.stdout, one.returncode) == (two.stdout, 0)
