# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects: who fills in platforms/template as book/port-to-a-board.md says has a board that
works. platforms/template/test fills it in for a machine of QEMU, polled and by interrupts."""
import re
import socket
import sys

import pytest

import sermux
from conftest import DEADLINE_S, ROOT, program

sys.path.insert(0, str(ROOT / "tools/mn"))
import boards  # noqa: E402

TEMPLATE = ROOT / "platforms/template"
LOOPBACK, HELLO = 0, 1


def frames(line):
    """Yields (port, payload)."""
    receiver = sermux.Receiver()
    while data := line.recv(65536):
        yield from receiver.take(data)
        assert not receiver.bad
    raise EOFError("the board has ended")


@pytest.mark.parametrize("image", ["polled", "interrupts"])
def test_filled_in_it_echoes(start, image):
    line, theirs = socket.socketpair()
    line.settimeout(DEADLINE_S)
    path = program("platforms/template", f"test/{image}.elf")
    with line, theirs:
        start(*boards.command("mps2", path, theirs.fileno()), pass_fds=[theirs.fileno()])
        come = frames(line)
        assert next(come) == (HELLO, b"hello\r\n")
        sent = bytes(range(256)) * 2
        for at in range(0, len(sent), 64):
            line.sendall(sermux.frame(LOOPBACK, sent[at : at + 64]))
        back = b""
        while len(back) < len(sent):
            port, payload = next(come)
            back += payload if port == LOOPBACK else b""
        assert back == sent


def test_as_it_is_it_links():
    assert program("platforms/template", "mnemos.elf")


def test_every_function_of_the_device_is_to_be_filled_in():
    declared = re.findall(r"^\w+ (device_\w+)\(", (TEMPLATE / "uart.h").read_text(), re.M)
    text = (TEMPLATE / "device.c").read_text()
    marked = re.findall(r"^/\* FILL IN[^/]*\*/\n\w+ (device_\w+)\(", text, re.M)
    assert declared == marked != []
