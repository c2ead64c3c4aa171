# SPDX-License-Identifier: MIT OR Apache-2.0
"""MnemOS on the MPS2 board, a Cortex-M3 that QEMU plays.

The serial line is one end of a connected socket that QEMU inherits, so nothing is lost at the
start; the console is QEMU's standard output.
"""
import json
import re
import select
import socket
import subprocess
import sys
import time

import pytest

import sermux
from conftest import BUILD, DEADLINE_S, ROOT, program

sys.path.insert(0, str(ROOT / "tools/mn"))
import boards  # noqa: E402

IMAGES = "platforms/mps2"
PANIC = 70  # exit code
PROBE_IMAGE = "test/probe.elf"
LOOPBACK, HELLO, PROBE = 0, 1, 99
HELLO_TEXT = b"hello\r\n"

# Time jumps to the next deadline when the processor sleeps.
NO_WAITING = ("-icount", "shift=0,sleep=off")


class Board:
    """A running board: its line is `socket`, its console `qemu`, or another socket."""

    def __init__(self, start, image, *options, console=None):
        self.socket, theirs = socket.socketpair()
        more = [console.fileno()] if console else []
        command = boards.command("mps2", program(IMAGES, image), theirs.fileno(), *more)
        with theirs:
            self.qemu = start(*command, *options, pass_fds=[theirs.fileno(), *more])
        self.receiver = sermux.Receiver()
        self.frames = []
        self.wire = b""

    def wait_until_open(self):
        """What is sent before the UART is set up, or before a port is open, is lost."""
        return self.qemu.wait_for(r"mps2 [0-9.]+: (\d+) bytes of memory, heap \d+ of them\r\n")

    def send(self, data: bytes):
        self.socket.settimeout(DEADLINE_S)
        self.socket.sendall(data)

    def read_more(self) -> bool:
        self.socket.settimeout(DEADLINE_S)
        data = self.socket.recv(65536)
        self.wire += data
        self.frames += self.receiver.take(data)
        return bool(data)

    def receive(self, port: int, least: int) -> bytes:
        """What comes on a port, until it is `least` bytes; each byte is given once."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            payload = b"".join(data for where, data in self.frames if where == port)
            if len(payload) >= least:
                self.frames = [one for one in self.frames if one[0] != port]
                return payload
            assert time.monotonic() < deadline, f"{payload!r} is all that comes on {port}"
            assert self.read_more(), "the line has ended"

    def ask(self, request: str) -> str:
        """What the probe answers."""
        self.send(sermux.frame(PROBE, request.encode()))
        return self.receive(PROBE, 1).decode()

    def last_words(self) -> tuple:
        """(exit code, all that came on the line); the board is about to end."""
        deadline = time.monotonic() + DEADLINE_S
        while self.read_more():
            assert time.monotonic() < deadline, f"it goes on: {self.wire[-200:]!r}"
        return self.qemu.end(), self.wire


@pytest.fixture
def boot(start):
    boards = []

    def run(image, *options, **more):
        board = Board(start, image, *options, **more)
        boards.append(board)
        if "console" not in more:
            board.memory = int(board.wait_until_open()[1])
        return board

    yield run
    for board in boards:
        board.socket.close()


# ---- The line ------------------------------------------------------------------------------


def test_usual_image_echoes_and_greets(boot):
    board = boot("mnemos.elf", *NO_WAITING)
    board.send(sermux.frame(LOOPBACK, b"!"))
    assert board.receive(LOOPBACK, 1) == b"!"
    assert board.receive(HELLO, 3 * len(HELLO_TEXT))[: 3 * len(HELLO_TEXT)] == 3 * HELLO_TEXT


def ones(count: int) -> bytes:
    return count * b"\x11"


# Messages and their only right encoding.
VECTORS = {
    "loopback": (0, b"!", "01 01 02 21 00"),
    "no zero at all": (0x4269, b"\1\2\3\4", "07 69 42 01 02 03 04 00"),
    "zeros": (0, b"\x11\0\x22\0\0\x33", "01 01 02 11 02 22 01 02 33 00"),
    "only zeros": (3, b"\0\0\0", "02 03 01 01 01 01 00"),
    "keys": (2, b"dup\n", "02 02 05 64 75 70 0a 00"),
    "last port": (0xFFFF, b"\xff", "04 ff ff ff 00"),
    "251": (0, ones(251), "01 01 fc" + 251 * " 11" + " 00"),
    "252": (0, ones(252), "01 01 fd" + 252 * " 11" + " 00"),
    "253": (0, ones(253), "01 01 fe" + 253 * " 11" + " 00"),
    "254": (0, ones(254), "01 01 ff" + 254 * " 11" + " 01 00"),
    "255": (0, ones(255), "01 01 ff" + 254 * " 11" + " 02 11 00"),
    "256": (0, ones(256), "01 01 ff" + 254 * " 11" + " 03 11 11 00"),
    "251, full group": (0x4269, ones(251), "fe 69 42" + 251 * " 11" + " 00"),
    "252, full group": (0x4269, ones(252), "ff 69 42" + 252 * " 11" + " 01 00"),
    "253, full group": (0x4269, ones(253), "ff 69 42" + 252 * " 11" + " 02 11 00"),
    "254, full group": (0x4269, ones(254), "ff 69 42" + 252 * " 11" + " 03 11 11 00"),
    "256 zeros": (0, bytes(256), "01 01" + 257 * " 01" + " 00"),
    "all but zero": (
        0,
        bytes(range(1, 256)),
        "01 01 ff " + bytes(range(1, 255)).hex(" ") + " 02 ff 00",
    ),
}


def test_frames_come_back_byte_for_byte(boot):
    board = boot(PROBE_IMAGE)
    for name, (port, payload, wire) in VECTORS.items():
        wire = bytes.fromhex(wire)
        board.send(wire)
        assert board.receive(port, len(payload)) == payload, name
        # A greeting may have begun behind it.
        whole, _, board.wire = board.wire.rpartition(b"\0")
        assert (whole + b"\0").replace(sermux.frame(HELLO, HELLO_TEXT), b"") == wire, name


def test_greeting_is_the_known_frame(boot):
    board = boot(PROBE_IMAGE, *NO_WAITING)
    board.receive(HELLO, len(HELLO_TEXT))
    assert board.wire.startswith(bytes.fromhex("02 01 08 68 65 6c 6c 6f 0d 0a 00"))


def test_longest_frame_is_taken_and_one_more_byte_is_not(boot):
    board = boot(PROBE_IMAGE)
    longest, too_long = sermux.frame(0x4269, ones(506)), sermux.frame(0x4269, ones(507))
    assert (len(longest), len(too_long)) == (512, 513)
    board.send(too_long + longest + sermux.frame(0x4269, b"end"))
    assert board.receive(0x4269, 509) == ones(506) + b"end"


@pytest.mark.parametrize(
    "garbage",
    [
        bytes.fromhex("00 00 00"),
        bytes.fromhex("03 00"),
        bytes.fromhex("05 01 02 00"),
        bytes.fromhex("01 00"),
        bytes.fromhex("01 01 01 00"),
        bytes.fromhex("02 0a 01 00"),
        sermux.frame(4242, b"nobody"),
        600 * b"\x55" + b"\0",
        5000 * b"\xaa\x55" + b"\0",
        b"plain text\r\n\0",
    ],
    ids=lambda data: data[:8].hex(),
)
def test_garbage_is_skipped(boot, garbage):
    board = boot("mnemos.elf")
    board.send(garbage + sermux.frame(LOOPBACK, b"still here"))
    assert board.receive(LOOPBACK, 10) == b"still here"


def test_far_more_than_the_rings_hold_comes_back_in_order(boot):
    """The line is fed without a pause: the UART must hold back, and never sleep over a byte."""
    board = boot(PROBE_IMAGE)
    text = bytes(i * i % 251 for i in range(40000))
    pending = b"".join(sermux.frame(LOOPBACK, text[i : i + 200]) for i in range(0, 40000, 200))
    echoed = b""
    board.socket.setblocking(False)
    deadline = time.monotonic() + DEADLINE_S
    while len(echoed) < len(text):
        assert time.monotonic() < deadline, f"{len(echoed)} bytes came back"
        readable, writable, _ = select.select([board.socket], [board.socket] if pending else [],
                                              [], DEADLINE_S)
        if writable:
            pending = pending[board.socket.send(pending) :]
        if readable:
            for port, data in board.receiver.take(board.socket.recv(65536)):
                echoed += data if port == LOOPBACK else b""
    assert echoed == text
    assert " overruns 0 lost 0 " in board.ask("?")


def test_lost_bytes_spoil_their_frames_only(boot):
    board = boot(PROBE_IMAGE)
    texts = [b"text %d" % i for i in range(10)]
    board.send(sermux.frame(PROBE, b"o") + b"".join(sermux.frame(LOOPBACK, one) for one in texts))
    came = b""
    while not came.endswith(texts[-1]):
        came += board.receive(LOOPBACK, 1)
    whole = [text for text in texts if text in came]
    assert came == b"".join(whole) and len(texts) - 4 <= len(whole) < len(texts)


def test_flood_of_noise_leaves_time_for_others(boot):
    """The line is kept full with what is no frame; a greeting is due each second."""
    board = boot(PROBE_IMAGE)
    board.socket.setblocking(False)
    noise = bytes(i * i % 251 for i in range(65536))
    sent = 0
    while board.wire.count(HELLO_TEXT) < 3 or sent < 50000:
        readable, writable, _ = select.select([board.socket], [board.socket], [], DEADLINE_S)
        assert readable or writable, "nothing is taken, nothing comes"
        if writable:
            sent += board.socket.send(noise)
        if readable:
            board.wire += board.socket.recv(65536)
    board.send(b"\0")
    board.ask("?")


# ---- Time and sleep --------------------------------------------------------------------------


def test_time_goes_on_when_the_counter_goes_round(boot):
    """The hardware counts 171 s. A processor that did not sleep would never get that far."""
    board = boot(PROBE_IMAGE, *NO_WAITING)
    board.receive(HELLO, 400 * len(HELLO_TEXT))
    board.frames = []
    told = re.match(r"time (\d+)\.(\d+) cycles (\d+) since (\d+) ", board.ask("?"))
    seconds, us, cycles, since_us = map(int, told.groups())
    before, _, _ = board.wire.partition(told[0].encode())
    assert seconds >= before.count(HELLO_TEXT)  # more, if we have read slower than time passed
    # A timer of its own agrees; between the two looks pass a few instructions.
    late = (cycles - 25 * (1000000 * seconds + us - since_us)) % 2**32
    assert late < 25 * 100 or late > 2**32 - 25 * 100


def test_device_that_storms_is_masked_and_the_rest_goes_on(boot):
    """A timer that nobody acknowledges: unmasked, no task would ever run again."""
    board = boot(PROBE_IMAGE)
    begun = time.monotonic()
    board.ask("m")
    for _ in range(3):  # let through again, each time after a second
        board.qemu.wait_for("WARN  drivers::storm: interrupt 9 never ends: masked for 1 s\r\n")
        board.send(sermux.frame(LOOPBACK, b"!"))
        assert board.receive(LOOPBACK, 1) == b"!"
    storms = int(re.search(r"storms (\d+)", board.ask("q"))[1])
    assert 3 <= storms <= 1 + time.monotonic() - begun


# ---- Faults ----------------------------------------------------------------------------------

FAULTS = {
    "n": "fault: null pointer: access to forbidden memory at 0x00000000 (MemManage",
    "w": "fault: access to forbidden memory at 0x0000",
    "b": "fault: access where no memory is at 0x60000000 (BusFault",
    "u": "fault: undefined instruction (UsageFault",
    "x": "fault: execution of what is not code (MemManage",
    "d": "fault: division by zero (UsageFault",
    "s": "fault: stack overflow: access to forbidden memory at 0x1fff",
    "S": "fault: stack overflow: no stack for an exception",
}
FATE = b"You've met with a terrible fate, haven't you?\r\n"


@pytest.mark.parametrize("request_byte", FAULTS)
def test_fault_in_a_task_is_reported_and_ends_the_board(boot, request_byte):
    board = boot(PROBE_IMAGE)
    board.send(sermux.frame(PROBE, request_byte.encode()))
    code, wire = board.last_words()
    report, fate = wire.split(b"\0")[-3:-1]
    text = report.decode()
    assert text.startswith("\r\n" + FAULTS[request_byte]), text
    assert re.search(r"\n  r4   0x[0-9a-f]{8}  r5   0x[0-9a-f]{8} ", text)
    assert "in task probe" in text
    assert re.search(r"probe #\d+ at .*probe\.c:\d+: running\r\n", text)
    assert re.search(r"loopback #\d+ at .*: waits for bytes in bbq", text)
    assert re.search(r"task stack: 0x[0-9a-f]+ of 0x00000800 bytes used", text)
    assert fate == FATE
    assert code == PANIC
    assert text.encode() in board.qemu.text, "the console tells it, too"


def test_registers_are_those_of_the_fault(boot):
    board = boot(PROBE_IMAGE)
    board.send(sermux.frame(PROBE, b"u"))
    text = board.last_words()[1].decode(errors="replace")
    pc = re.search(r"  pc   (0x[0-9a-f]{8})", text)[1]
    place = subprocess.run(
        ["arm-none-eabi-addr2line", "-f", "-e", program(IMAGES, PROBE_IMAGE), pc],
        capture_output=True, text=True, check=True,
    )
    assert "probe.c" in place.stdout


def test_panic_is_reported_behind_a_zero(boot):
    """The zero ends a frame that the panic may have cut short."""
    board = boot(PROBE_IMAGE)
    board.send(sermux.frame(PROBE, b"p"))
    code, wire = board.last_words()
    assert re.search(rb"\0\r\npanic at .*probe\.c:\d+: asked for\r\nin task probe", wire)
    assert wire.endswith(b"\0" + FATE + b"\0")
    assert code == PANIC


@pytest.mark.parametrize(
    "image, message",
    [
        ("test/small-heap.elf", "a service could not start; is kernel.heap_size too small?"),
        ("test/large-heap.elf", "no memory for kernel.heap_size"),
    ],
)
def test_board_without_enough_memory_says_so(start, image, message):
    code, wire = Board(start, image).last_words()
    assert message in wire.decode()
    assert code == PANIC


def test_task_that_does_not_yield_is_told_of(boot):
    board = boot(PROBE_IMAGE)
    assert board.ask("y")  # the system goes on
    text = rb"\0task probe #\d+ has not yielded for 1000 ms \([\w/.-]+probe\.c\)\r\n\0"
    assert re.search(text, board.wire), board.wire[-200:]


# ---- Sizes and console -----------------------------------------------------------------------


def built_with(option):
    """The value of a build option of this build."""
    options = json.loads((BUILD / "meson-info/intro-buildoptions.json").read_text())
    return next(one["value"] for one in options if one["name"] == option)


def test_usual_image_is_small(boot):
    """Kernel, serial mux, loopback, hello, two UARTs, console and fault reports; the variant
    mps2-small has no more than that, the usual one has tracing too."""
    lines = subprocess.run(
        ["arm-none-eabi-size", "-A", program(IMAGES, "mnemos.elf")],
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()
    size = {words[0]: int(words[1]) for words in map(str.split, lines) if len(words) == 3
            and words[1].isdigit()}
    assert size[".text"] + size[".data"] <= (48 if built_with("trace") else 28) * 1024
    assert boot("mnemos.elf").memory <= (24 if built_with("trace") else 12) * 1024


def test_stacks_have_room_left(boot):
    board = boot(PROBE_IMAGE)
    board.send(sermux.frame(LOOPBACK, ones(500)))
    board.receive(LOOPBACK, 500)
    used = {name: int(n) for name, n in re.findall(r"(\w+) stack (\d+)", board.ask("?"))}
    assert 0 < used["task"] <= 1536 and 0 < used["handler"] <= 512, used


def test_console_drops_whole_lines_and_says_how_many(boot):
    """Nobody reads while the log has far more to tell than fits."""
    console, theirs = socket.socketpair()
    with console, theirs:
        board = boot(PROBE_IMAGE, console=theirs)
        console.settimeout(DEADLINE_S)
        text = console.recv(4096)  # it is up
        board.ask("f")
        console.setblocking(False)
        deadline = time.monotonic() + DEADLINE_S
        while not re.search(rb"dropped\)\r\n.*one more line\r\n", text):
            assert time.monotonic() < deadline, text[-200:]
            if select.select([console], [], [], 0)[0]:
                text += console.recv(65536)
            board.ask("l")
    time_and_level = r"\[ *\d+\.\d{6}\] WARN  probe: "
    line = re.compile(
        r"mps2 [0-9.]+: .*|\(\d+ lines dropped\)|"
        rf"{time_and_level}(line \d+ of many|one more line)"
    )
    *lines, end = text.decode().split("\r\n")
    assert [one for one in lines if not line.fullmatch(one)] == []
    dropped = sum(map(int, re.findall(rb"\((\d+) lines", text)))
    assert dropped > 0 and text.count(b" of many") + dropped >= 8000
