# SPDX-License-Identifier: MIT OR Apache-2.0
"""A program of the host on the target's screen: `less` writes to port 5, keys of the target's
keyboard go to it, and what the screen shows is read back, letter by letter.

The program's output is followed to the end of what it writes at a time. Then the terminal is asked
where its cursor is, twice: it draws what came before a question at the latest before it takes the
next one.
"""
import fcntl
import importlib.util
import os
import pty
import re
import select
import socket
import subprocess
import termios
import time
from importlib.machinery import SourceFileLoader

import pytest
from PIL import Image

from conftest import DEADLINE_S, ROOT, crowtty_program, free_ports, on_board, on_host, program
from target import accept, connect, flood, name_of, receive
from test_riscv import BOARD, boards
from test_screenshot import join
from test_virtio import board  # noqa: F401 (a fixture)

KEYS, TERMINAL = 2, 5
ROWS, COLUMNS = 25, 80
FONT = "/usr/share/fonts/X11/misc/spleen-8x16.pcf.gz"
ENV = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], "LESS": "-R",
       "LESSHISTFILE": "-"}
CURSOR = re.compile(rb"\x1b\[\d+;\d+R")


# ---- What a picture says -------------------------------------------------------------------------


def glyphs():
    """{rows of 8 pixels: the character}"""
    loader = SourceFileLoader("font_tool", str(ROOT / "tools/gfx/font"))
    tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("font_tool", loader))
    loader.exec_module(tool)
    with open(FONT, "rb") as file:
        font = tool.parse(file.read())
    return {font.glyphs[number]: chr(code) for code, number in reversed(font.of.items())}


def read_cell(image, known, left, top):
    cell = image.crop((left, top, left + 8, top + 16))
    colors = [color for _count, color in cell.getcolors()]
    if len(colors) == 1:
        return " "
    assert len(colors) == 2, (left, top, colors)
    pixels = list(cell.getdata())
    rows = bytes(sum((pixels[y * 8 + x] == colors[0]) << 7 - x for x in range(8))
                 for y in range(16))
    return known.get(rows) or known[bytes(row ^ 0xff for row in rows)]


def read_picture(path):
    """The lines of text on it, without blanks at their ends."""
    known = glyphs()
    with Image.open(path) as image:
        assert image.size == (COLUMNS * 8, ROWS * 16)
        return ["".join(read_cell(image, known, x, y) for x in range(0, image.width, 8)).rstrip()
                for y in range(0, image.height, 16)]


# ---- A program and the screen --------------------------------------------------------------------


def take_terminal():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Bridge:
    """What `socat TCP:... EXEC:"...",pty,setsid,ctty` does, and knows when the program waits."""

    def __init__(self, base, *command):
        self.base = base
        self.socket = connect(base + TERMINAL)
        self.own, terminal = pty.openpty()
        termios.tcsetwinsize(terminal, (ROWS, COLUMNS))
        self.program = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal,
                                        env=ENV, start_new_session=True, preexec_fn=take_terminal)
        os.close(terminal)

    def close(self):
        self.program.kill()
        self.program.wait()
        os.close(self.own)
        self.socket.close()

    def until(self, end):
        """Carries to and fro until the program has written something that ends so."""
        deadline, written = time.monotonic() + DEADLINE_S, b""
        while not re.search(end + rb"\Z", written):
            ready, _, _ = select.select([self.own, self.socket], [], [],
                                        max(0, deadline - time.monotonic()))
            assert ready, written
            if self.own in ready:
                written += (more := os.read(self.own, 65536))
                self.socket.sendall(more)
            if self.socket in ready:
                os.write(self.own, self.socket.recv(65536))
        for _ in range(2):
            self.socket.sendall(b"\x1b[6n")
            answer = b""
            while not CURSOR.fullmatch(answer):
                answer += receive(self.socket, 1)

    def screen(self, start, path):
        shot = start(crowtty_program(), "screenshot", "--tcp-port-base", self.base, path)
        assert shot.end() == 0, shot.text
        return read_picture(path)


@pytest.fixture
def less(tmp_path):
    """less(first TCP port) -> a bridge to it with a hundred lines"""
    bridges = []
    text = tmp_path / "story.txt"
    text.write_text("".join(f"{line}\n" for line in LINES))

    def run(base):
        bridges.append(Bridge(base, "less", text))
        return bridges[-1]

    yield run
    for bridge in bridges:
        bridge.close()


# What the target says when nothing is lost any more.
OPEN = "daemons::terminal:.* port 5: 80 columns, 25 rows"

LINES = [f"line {n}: \u00e4\u00f6\u00fc \u2500\u253c\u2502 " + "#" * (n % 39 + 1)
         for n in range(1, 101)]
END = rb"\(END\)\x1b\[27m\x1b\[K"
MORE = rb":\x1b\[K"


def check(bridge, start, tmp_path, end, up):
    """The beginning; the end of the text; a line up, which scrolls the screen down."""
    bridge.until(rb"story\.txt\x1b\[27m\x1b\[K")
    shown = bridge.screen(start, tmp_path / "begin.png")
    assert shown[:-1] == LINES[:24] and shown[-1].endswith("story.txt")
    end()
    bridge.until(END)
    assert bridge.screen(start, tmp_path / "end.png") == [*LINES[-24:], "(END)"]
    up()
    bridge.until(MORE)
    assert bridge.screen(start, tmp_path / "up.png") == [*LINES[-25:-1], ":"]


@on_host
def test_less_on_the_simulators_screen(start, less, tmp_path):
    """Keys come as bytes on port 2."""
    line, base = tmp_path / "line", free_ports(16)
    target = start(program("platforms", "melpomene", "melpomene"), "--no-window", "--config",
                   ROOT / "platforms/melpomene/demos/terminal.toml", "--serial", f"unix:{line}")
    target.wait_for("serial line: ")
    start(crowtty_program(), "--tcp-port-base", base, f"unix:{line}").wait_for(OPEN)
    with connect(base + KEYS) as keys:
        check(less(base), start, tmp_path, lambda: keys.sendall(b"G"),
              lambda: keys.sendall(b"\x1b[A"))


@on_board
def test_less_on_the_boards_screen(board, start, server, less, tmp_path):  # noqa: F811
    """Keys come from QEMU's keyboard."""
    machine, monitor = board("demo-terminal")
    base = free_ports(16)
    crowtty = start(crowtty_program(), "--tcp-port-base", base, name_of(server))
    with accept(server).sock as line:
        join(line, machine.line)
        crowtty.wait_for(OPEN)
        check(less(base), start, tmp_path,
              lambda: monitor.keys("+shift", "+g", "-g", "-shift"),
              lambda: monitor.keys("+up", "-up"))


@on_board
def test_key_is_not_behind_a_flood(start, tmp_path):
    """Of a program that never stops writing, to a line that is slow, as Ctrl-C of port 2 is needed.
    How much is in front of the key is told by the answers that come before it."""
    path, base = str(tmp_path / "line"), free_ports(16)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        listener.settimeout(DEADLINE_S)
        crowtty = start(crowtty_program(), "--tcp-port-base", base, f"unix:{path}")
        line, _ = listener.accept()
    with line:
        image = program("platforms/riscv-virt/demo-terminal.elf")
        start(*boards.command(BOARD, image, line.fileno(), screen="none"),
              pass_fds=[line.fileno()])
    crowtty.wait_for(OPEN)
    piece = b"x" * 1000 + b"\r\x1b[6n"
    with connect(base + TERMINAL) as terminal, connect(base + KEYS) as keys:
        with flood(terminal, piece * 64):
            receive(terminal, 30 * len(b"\x1b[1;1R"))
            keys.sendall(b"k")
            answers = b""
            while not answers.endswith(b"k"):
                answers += receive(terminal, 1)
        assert answers.count(b"R") * len(piece) < 64 * 1024
