# SPDX-License-Identifier: MIT OR Apache-2.0
"""The images for QEMU's virt board, 32 or 64 bits as this build has them, booted in QEMU.

The board runs in real time, and tests wait for what it says. Its images are made in
platforms/riscv-virt/test.
"""
import os
import random
import re
import select
import socket
import sys
import time

import pytest

from conftest import DEADLINE_S, ROOT, program
import sermux

sys.path.insert(0, str(ROOT / "tools/mn"))
import boards  # noqa: E402

BOARD = os.environ.get("MN_BOARD", "riscv64")
HELLO = sermux.frame(1, b"hello\r\n")
TRACE = 3
PROBE = 99
FAILED = 70
MAX_FRAME = 512
PIECE = MAX_FRAME // 2  # of an answer


class Machine:
    """A board in QEMU; the test is at the other end of its serial line."""

    def __init__(self, start, image, *args, screen=None, pass_fds=()):
        self.line, board = socket.socketpair()
        self.line.settimeout(DEADLINE_S)
        path = program("platforms/riscv-virt", image + ".elf")
        command = boards.command(BOARD, path, board.fileno(), screen=screen)
        self.qemu = start(*command, *args, pass_fds=[board.fileno(), *pass_fds])
        board.close()
        self.rest = b""

    def boot(self):
        """Waits for the first greeting: by then every port is open."""
        assert next(self.wires()) == HELLO
        return self

    def send(self, data):
        self.line.sendall(data)

    def wires(self):
        """Yields what comes between zeros, the closing zero included, as it comes."""
        while True:
            while b"\0" in self.rest:
                wire, _, self.rest = self.rest.partition(b"\0")
                yield wire + b"\0"
            more = self.line.recv(65536)
            if not more:
                raise EOFError(f"the board has ended; its last words: {self.rest!r}")
            self.rest += more

    def frames(self):
        """Yields (port, payload, wire) of what comes, without greetings."""
        for wire in self.wires():
            for port, payload in sermux.Receiver().take(wire):
                if port != 1:
                    yield port, payload, wire

    def ask(self, request=b"?"):
        """What the probe says about the machine, as a dict of numbers; and the other frames
        that came before that."""
        self.send(sermux.frame(PROBE, request))
        before = []
        for port, payload, wire in self.frames():
            if port == PROBE:
                found = re.findall(r"(\w+) (\d+)", payload.decode())
                return {name: int(number) for name, number in found}, before
            before.append(wire)

    def text_to_the_end(self):
        """All that comes until QEMU ends."""
        try:
            for wire in self.wires():
                self.text += wire
        except EOFError:
            return self.text + self.rest

    text = b""


def vectors():
    """(port, payload, wire length, head, tail) of each vector that the unit tests have too."""
    source = (ROOT / "tests/unit/sermux_vectors.h").read_text()
    row = re.compile(r'\{(\w+), (NULL|"[^"]*"), (\w+), (\w+), (\d+), "([^"]*)", "([^"]*)"\}')
    for port, text, count, fill, length, head, tail in row.findall(source):
        if ".." in text:
            payload = bytes(range(1, 256))
        elif text == "NULL":
            payload = bytes([int(fill, 0)]) * int(count)
        else:
            payload = bytes.fromhex(text.strip('"'))
        yield int(port, 0), payload, int(length), bytes.fromhex(head), bytes.fromhex(tail)


def untraced(wires):
    """Those that are not of the trace: its heartbeats come between any others."""
    return (wire for wire in wires if sermux.Receiver().take(wire)[0][0] != TRACE)


def test_greets_at_once_and_again(start):
    wires = untraced(Machine(start, "mnemos").wires())
    assert [next(wires) for _ in range(2)] == [HELLO] * 2


def test_vectors_are_answered_byte_for_byte(start):
    machine = Machine(start, "test/probe").boot()
    found = list(vectors())
    assert len(found) == 23
    for number, (port, payload, length, head, tail) in enumerate(found, 1):
        wire = sermux.frame(port, payload)
        assert len(wire) == length and wire.startswith(head) and wire.endswith(tail)
        machine.send(wire)
        taken = payload and len(wire) <= MAX_FRAME and port != 1
        pieces = [payload[at : at + PIECE] for at in range(0, len(payload), PIECE)]
        expected = [sermux.frame(port, piece) for piece in pieces] if taken else []
        _, answers = machine.ask()
        assert answers == expected, f"S{number}"


@pytest.mark.parametrize("seed", range(3))
def test_garbage_is_survived(start, seed):
    machine = Machine(start, "test/probe").boot()
    machine.send(random.Random(seed).randbytes(20000) + b"\0")
    machine.ask()


def test_flood_is_held_back_and_comes_back_whole(start):
    """The machine is stopped until its ring is full: bytes wait in the UART and before it."""
    machine = Machine(start, "test/probe").boot()
    payload = random.Random(1).randbytes(40000)
    pieces = [payload[at : at + 200] for at in range(0, len(payload), 200)]
    machine.send(sermux.frame(PROBE, b"h") + b"".join(sermux.frame(0, piece) for piece in pieces))
    came = b""
    frames = machine.frames()
    while len(came) < len(payload):
        port, piece, _ = next(frames)
        came += piece if port == 0 else b""
    assert came == payload
    numbers, _ = machine.ask()
    assert numbers["holds"] > 0
    assert numbers["overruns"] == 0 and numbers["lost"] == 0


def test_lost_bytes_are_counted_and_spoil_one_frame_only(start):
    """The UART has really overrun: more bytes came than it holds while nobody took them."""
    machine = Machine(start, "test/probe").boot()
    numbers, _ = machine.ask(b"o")
    assert numbers["overruns"] > 0
    machine.send(sermux.frame(0, b"spoilt") + sermux.frame(0, b"whole"))
    assert next(machine.frames())[:2] == (0, b"whole")


# ---- Interrupts that do not end ----------------------------------------------------------------

STORM = 10000  # interrupts, as in <mnemos/drivers/storm.h>


def test_device_that_storms_is_masked_and_the_rest_goes_on(start):
    """Its interrupt comes again at once: unmasked, no task would ever run again."""
    machine = Machine(start, "test/probe").boot()
    numbers, _ = machine.ask(b"m")
    deadline = time.monotonic() + DEADLINE_S
    while numbers["storms"] < 3:  # let through again, each time after a second
        assert time.monotonic() < deadline, numbers
        machine.send(sermux.frame(0, b"echo"))
        numbers, before = machine.ask()
        assert before == [sermux.frame(0, b"echo")]
        assert STORM * numbers["storms"] >= numbers["came"]
    machine.ask(b"q")
    while numbers["came"] % STORM != 1:  # set no more, it comes once more and no more
        assert time.monotonic() < deadline, numbers
        numbers, _ = machine.ask()
    assert numbers["came"] == STORM * numbers["storms"] + 1


def test_uart_that_has_stormed_goes_on_where_it_was(start):
    machine = Machine(start, "test/probe").boot()
    machine.send(sermux.frame(PROBE, b"u"))
    assert next(machine.frames())[0] == PROBE
    machine.send(sermux.frame(0, b"echo"))
    assert next(machine.frames())[:2] == (0, b"echo")
    numbers, _ = machine.ask()
    assert numbers["storms"] == 2 and numbers["overruns"] == 0


def test_flood_of_noise_leaves_time_for_others(start):
    """The line is kept full with what is no frame; greetings are due every 20 ms."""
    machine = Machine(start, "test/probe").boot()
    machine.line.setblocking(False)
    noise = random.Random(2).randbytes(65536)
    sent = came = 0
    text = b""
    while came < 20 or sent < 200000:
        readable, writable, _ = select.select([machine.line], [machine.line], [], DEADLINE_S)
        assert readable or writable, "nothing is taken, nothing comes"
        if writable:
            sent += machine.line.send(noise)
        if readable:
            text += machine.line.recv(65536)
            came = text.count(HELLO)
    machine.line.setblocking(True)
    machine.line.settimeout(DEADLINE_S)
    machine.send(b"\0")
    machine.ask()


# ---- The end -----------------------------------------------------------------------------------

FAULTS = {
    b"l": r"fault: load access fault \(cause 5\)\r\n  pc 0x[0-9a-f]*8[0-9a-f]{7}, address 0x0+\r",
    b"w": r"fault: store access fault \(cause 7\)\r\n  pc 0x[0-9a-f]+, address 0x0+\r",
    b"c": r"fault: store access fault \(cause 7\)\r\n  pc 0x[0-9a-f]+, address 0x0*80[0-9a-f]{6}\r",
    b"i": r"fault: illegal instruction \(cause 2\)",
    b"j": r"fault: instruction access fault \(cause 1\)\r\n  pc 0x0+,",
    b"s": r"fault: stack overflow \(cause 7\)",
    b"p": r"panic at tests/board/probe.c:\d+: asked for\r\n",
}


@pytest.mark.parametrize("request_", FAULTS, ids=bytes.decode)
def test_fault_in_a_task_is_told_and_ends_qemu(start, request_):
    machine = Machine(start, "test/probe").boot()
    machine.send(sermux.frame(PROBE, request_))
    text = machine.text_to_the_end()
    assert machine.qemu.end() == FAILED
    # Between zeros, so that crowtty takes it for text.
    report, fate, rest = text[text.index(b"\0\r\n") + 1 :].split(b"\0")
    assert re.match(r"\r\n" + FAULTS[request_], report.decode())
    assert re.search(r"\r\nin task probe #\d+\r\n", report.decode())
    assert re.search(r"\r\n  loopback #\d+ at source/daemons/loopback.c:\d+: waits for ",
                     report.decode())
    assert b"terrible fate" in fate and not rest
    used, size = map(int, re.search(rb"stack: at most (\d+) of (\d+) bytes used", report).groups())
    assert size - 300 < used <= size if request_ == b"s" else 200 < used < size / 2
    if request_ != b"p":
        assert len(set(re.findall(r"\b([a-z]\d*[a-z]?\d*) +0x[0-9a-f]+", report.decode()))) >= 31


def test_fault_in_the_trap_handler_is_told_too(start):
    machine = Machine(start, "test/probe").boot()
    machine.send(sermux.frame(PROBE, b"t"))
    text = machine.text_to_the_end()
    assert machine.qemu.end() == FAILED
    assert re.search(rb"\0\r\n\r\nfault while handling a trap: instruction access fault at pc 0x0+,"
                     rb" address 0x0+\r\n\0$", text)


@pytest.mark.parametrize(
    "image, said",
    [
        ("small-heap", r"WARN services::serial_mux: ends: .*"
                       r"cannot start: \d of \d tasks have ended; kernel.heap_size is 1024 bytes"),
        ("large-heap", r"cannot start: kernel.heap_size asks for 1073741824 bytes, and \d+ of "),
    ],
)
def test_heap_that_does_not_do_is_named(start, image, said):
    machine = Machine(start, "test/" + image)
    text = machine.text_to_the_end()
    assert machine.qemu.end() == FAILED
    assert re.search(said, text.decode(), re.S)


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_idle_machine_costs_no_cpu(start):
    """Between greetings QEMU sleeps; an executor that spins would take all of the time."""
    machine = Machine(start, "mnemos")
    wires = machine.wires()
    next(wires)
    before_s, begun_s = cpu_s(machine.qemu.pid), time.monotonic()
    while time.monotonic() < begun_s + 1:  # what came before we looked is no measure
        next(wires)
    assert cpu_s(machine.qemu.pid) - before_s < (time.monotonic() - begun_s) / 4


def thousand_wires(start, by):
    """What comes between zeros. The line is a pipe, which takes a thousand at once: a socket takes
    300 bytes of a board, so time would go on while the board waits for us to read."""
    path = program("platforms/riscv-virt", "mnemos.elf")
    command = boards.command(BOARD, path, 0)
    command[command.index("-chardev") + 1] = "file,append=on,path=/dev/stdout,id=line"
    out = start(*command, "-icount", "shift=0,sleep=off").process.stdout
    came = b""
    while came.count(b"\0") < 1000:
        assert select.select([out], [], [], DEADLINE_S)[0], came[-80:]
        more = os.read(out.fileno(), by)
        assert more, "the board has ended"
        came += more
    return [wire + b"\0" for wire in came.split(b"\0")[:1000]]


def test_virtual_time_runs_the_same_twice(start):
    """With QEMU counting instructions, skipping idle time: 500 seconds, no difference, however
    fast they are read."""
    came = [thousand_wires(start, by) for by in (65536, 1)]
    assert came[0] == came[1]
    assert sum(wire == HELLO for wire in came[0]) >= 499


def test_task_that_does_not_yield_is_told_of(start):
    probe = Machine(start, "test/probe").boot()
    probe.send(sermux.frame(PROBE, b"y"))
    text = next(wire for wire in probe.wires() if b"has not yielded" in wire)
    assert re.fullmatch(
        rb"task probe #\d+ has not yielded for 1000 ms \([\w/.-]+probe\.c\)\r\n\0", text), text
    assert probe.ask()  # the system goes on
