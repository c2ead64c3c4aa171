# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects: who fills in platforms/template as book/port-to-a-board.md says has a board that
works. platforms/template/test fills it in for a machine of QEMU, polled and by interrupts; and the
guide itself is followed, to the letter, for another one."""
import importlib.util
import re
import shutil
import socket
import subprocess
import sys
import time

import pytest

import sermux
from conftest import DEADLINE_S, ROOT, program
from front_door import lend_sources

sys.path.insert(0, str(ROOT / "tools/mn"))
import boards  # noqa: E402

GUIDE = (ROOT / "book/port-to-a-board.md").read_text()
TEMPLATE = ROOT / "platforms/template"
LOOPBACK, HELLO = 0, 1


def frames(line):
    """Yields (port, payload)."""
    receiver = sermux.Receiver()
    while data := line.recv(65536):
        yield from receiver.take(data)
        assert not receiver.bad
    raise EOFError("the board has ended")


def echoes(start, command_for):
    line, theirs = socket.socketpair()
    line.settimeout(DEADLINE_S)
    with line:
        with theirs:
            start(*command_for(theirs.fileno()), pass_fds=[theirs.fileno()])
        come = frames(line)
        assert next(come) == (HELLO, b"hello\r\n")
        sent = bytes(range(256)) * 2
        for at in range(0, len(sent), 64):
            line.sendall(sermux.frame(LOOPBACK, sent[at : at + 64]))
        back = b""
        deadline = time.monotonic() + DEADLINE_S  # greetings come even if no echo does
        while len(back) < len(sent):
            assert time.monotonic() < deadline, f"only {len(back)} bytes came back"
            port, payload = next(come)
            back += payload if port == LOOPBACK else b""
        assert back == sent


def on_mps2(image):
    path = program("platforms/template", f"test/{image}.elf")
    return lambda line: boards.command("mps2", path, line)


@pytest.mark.parametrize("image", ["polled", "interrupts"])
def test_filled_in_it_echoes(start, image):
    echoes(start, on_mps2(image))


def test_it_says_what_there_is_no_memory_for(start):
    line, theirs = socket.socketpair()
    line.settimeout(DEADLINE_S)
    with line:
        with theirs:
            start(*on_mps2("large-heap")(theirs.fileno()), pass_fds=[theirs.fileno()])
        text = b""
        while not text.endswith(b"halted\r\n\0"):
            text += line.recv(4096)
    assert text == b"\0no memory for kernel.heap_size\r\nhalted\r\n\0"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.M | re.S)


def shell(command, tree):
    done = subprocess.run(command, shell=True, cwd=tree, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, f"{command}: {done.stderr}"


def write_what_the_guide_shows(tree):
    [device], [entry] = blocks("c"), blocks("python")
    (tree / "platforms/netduino/device.c").write_text(device)
    table = tree / "tools/mn/boards.py"
    text = table.read_text()
    at = text.index('    "mps2": Board(')
    table.write_text(text[:at] + entry + text[at:])


def on_netduino(tree):
    spec = importlib.util.spec_from_file_location("its_boards", tree / "tools/mn/boards.py")
    its = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(its)
    image = tree / "build/netduino" / its.BOARDS["netduino"].image
    return lambda line: its.command("netduino", image, line)


def test_who_follows_the_guide_has_an_echo(start, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    parts = "mn meson.build meson_options.txt bench book platforms source tests tools"
    for part in parts.split():
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tree / part)
    lend_sources(tree)
    typed = re.findall(r"^\$ (.*)$", "".join(blocks("")), re.M)
    first, second = [at for at, command in enumerate(typed) if command.startswith("./mn build")]

    shell("\n".join(["set -e", *typed[:first]]), tree)
    write_what_the_guide_shows(tree)
    shell(typed[first], tree)
    echoes(start, on_netduino(tree))  # polled

    assert typed[first + 1].startswith("./mn run")
    shell("\n".join(["set -e", *typed[first + 2 : second + 1]]), tree)
    echoes(start, on_netduino(tree))  # by interrupts


def test_as_it_is_it_links():
    assert program("platforms/template", "mnemos.elf")


def test_every_function_of_the_device_is_to_be_filled_in():
    declared = re.findall(r"^\w+ (device_\w+)\(", (TEMPLATE / "uart.h").read_text(), re.M)
    text = (TEMPLATE / "device.c").read_text()
    marked = re.findall(r"^/\* FILL IN[^/]*\*/\n\w+ (device_\w+)\(", text, re.M)
    assert declared == marked != []
