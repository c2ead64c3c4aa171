# SPDX-License-Identifier: MIT OR Apache-2.0
"""The boards that QEMU plays: instructions of their processors, as the images are shipped."""

import collections
import contextlib
import functools
import os
import pathlib
import random
import re
import shutil
import socket
import struct
import sys
import threading
import time

from line import said
from measure import Failed, Skipped, find, output_of, running
from table import Figure

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / "tools/mn"), str(ROOT / "tests/system")]

import boards  # noqa: E402
import sermux  # noqa: E402

BOARDS = {"riscv64": "rv64", "riscv32": "rv32", "mps2": "M3"}
PLATFORMS = {"riscv64": "riscv-virt", "riscv32": "riscv-virt", "mps2": "mps2"}
OBJDUMP = {"riscv-virt": "riscv64-unknown-elf-objdump", "mps2": "arm-none-eabi-objdump"}
# One virtual nanosecond an instruction, and each is told.
COUNTED = ("-singlestep", "-d", "exec,nochain", "-icount")
SKIPS_IDLE_TIME = "shift=0,sleep=off"
WAITS = "shift=0"  # as real time does; QEMU 7.2 must, where only the line will end the idle time
FEW, MANY = 256, 512  # rounds; whole turns of the executor
PATIENCE_S = 20

# What other systems take for the same on the same emulators, counted once with -icount shift=0.
# Constants: the table says "stated", as none of them is measured here.
STATED = "stated"
PEERS = {
    "call": [
        ("ThreadX, queue", [(557, "riscv64")]),
        ("RIOT, msg_send_receive", [(624, "riscv32")]),
        ("FreeRTOS, queues", [(1340, "riscv64"), (1288, "riscv32"), (1166, "mps2")]),
        ("floor, no checks", [(99, "riscv64"), (99, "riscv32")]),
    ],
    "yield": [
        ("ThreadX", [(88, "riscv64")]),
        ("FreeRTOS", [(170, "riscv64"), (52, "mps2")]),
    ],
}

# name, what it is, most instructions of each board
OPERATIONS = [
    ("call", "request and reply to a service, two task switches",
     {"riscv64": 170, "riscv32": 170, "mps2": 200}),
    ("yield", "switch to the next ready task", {"riscv64": 55}),
    ("connect", "find a service in the registry, hello included", {}),
    ("spawn_many", "a task starts, runs and ends, 64 at a time", {}),
    ("sleep", "arm, park, turn, wake, go on", {}),
    ("channel", "one message sent and received, a task switch", {}),
    ("oneshot", "one value sent and received, a task switch", {}),
    ("bbq_stream", "64 bytes granted, committed, read, released", {}),
    ("event", "an event with two integers is recorded, its time included", {"riscv64": 160}),
]  # fmt: skip


def unit(board, what="instr"):
    return f"{what} {BOARDS[board]}"


# ---- Running an image ------------------------------------------------------------------------


def image(setting, board, *parts):
    """An image of a board's build, which stands beside the one that is measured."""
    path = setting.build.parent.joinpath(board, *parts)
    if not path.exists():
        raise Skipped(f"no {board}/{'/'.join(parts)}; ./mn build {board} makes it")
    return path


def target(setting, board):
    return image(setting, board, "bench/target.elf")


def shipped(setting, board):
    return image(setting, board, "platforms", PLATFORMS[board], "mnemos.elf")


def command(board, path, line, *options):
    words = boards.command(board, path, line)
    if not shutil.which(words[0]):
        raise Skipped(f"no {words[0]}")
    return [*words, *options]


@contextlib.contextmanager
def booted(board, path, *options, **more):
    """QEMU with an image; yields it and this end of its serial line."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        words = command(board, path, theirs.fileno(), *options)
        fds = [theirs.fileno(), *more.pop("pass_fds", [])]
        with running(*words, pass_fds=fds, **more) as qemu:
            theirs.close()
            for way in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):  # settimeout undoes MSG_WAITALL
                ours.setsockopt(socket.SOL_SOCKET, way, struct.pack("ll", PATIENCE_S, 0))
            yield qemu, ours


def arguments(*words):
    given = "".join(f",arg={word}" for word in words)
    return ("-semihosting-config", f"enable=on,target=native,arg=target{given}")


# ---- Counting --------------------------------------------------------------------------------

Step = collections.namedtuple("Step", "pc function")
EXECUTED = re.compile(r"Trace \d+: \S+ \[[0-9a-f]+/0*([0-9a-f]+)/[^]]*\] ?(.*)")


class Log:
    """What the emulator has executed, instruction by instruction, as it does."""

    def __init__(self, lines, waits):
        self.lines = lines
        self.waits = waits  # addresses where the processor sleeps

    def steps(self):
        """Yields each. QEMU begins one that reaches a device anew, and tells it twice."""
        last = None
        for line in self.lines:
            if match := EXECUTED.match(line):
                if last:
                    yield last
                last = Step(match[1], match[2])
                if last.pc in self.waits:  # the next may be long in coming
                    yield last
                    last = None
            elif line.startswith(("cpu_io_recompile", "Stopped")):
                last = None
        if last:
            yield last


@functools.cache
def waits_of(board, path):
    text = output_of(OBJDUMP[PLATFORMS[board]], "-d", path)
    return frozenset(re.findall(r"^ *([0-9a-f]+):.*\twfi\b", text, re.M))


@contextlib.contextmanager
def logged(board, path, icount, *options):
    """QEMU with an image; yields the log and this end of the serial line."""
    read_end, write_end = os.pipe()
    with open(read_end, encoding="ascii", errors="replace") as lines:
        options = [*COUNTED, icount, "-D", f"/dev/fd/{write_end}", *options]
        with booted(board, path, *options, pass_fds=[write_end]) as (qemu, line):
            os.close(write_end)
            yield Log(lines, waits_of(board, path)), line


def executed(setting, board, name, rounds):
    """How many instructions of each function the target's image takes in one run."""
    options = (SKIPS_IDLE_TIME, *arguments(name, rounds))
    with logged(board, target(setting, board), *options) as (log, _line):
        return collections.Counter(step.function for step in log.steps())


@functools.cache
def each(setting, board, name):
    """Of one round, by function: the difference of two runs, so start-up and end cancel out."""
    few, many = (executed(setting, board, name, rounds) for rounds in (FEW, MANY))
    many.subtract(few)
    if not many:
        raise Failed(f"{board} executed nothing")
    return {function: n / (MANY - FEW) for function, n in many.items() if n}


def largest(parts, most=4):
    """The functions that take the most, in words."""
    named = sorted(parts.items(), key=lambda part: -part[1])[:most]
    return ", ".join(f"{function or 'start-up'} {n:.0f}" for function, n in named if n >= 0.5)


def on_boards(row, measure):
    """Each board that there is; skipped if there is none."""
    lacks = []
    for board in BOARDS:
        try:
            measure(board)
        except Skipped as why:
            lacks.append(str(why))
    if not row.figures:
        raise Skipped(lacks[0])
    row.notes += lacks


def add_peers(row, name):
    for peer, figures in PEERS.get(name, []):
        figures = [Figure(value, unit(board)) for value, board in figures]
        row.compared.append((f"{peer} ({STATED})", figures))


def operation(name, reach):
    def measure(setting, row):
        def on_board(board):
            parts = each(setting, board, name)
            row.figures.append(Figure(sum(parts.values()), unit(board), reach.get(board)))
            row.notes.append(f"{BOARDS[board]}: {largest(parts)}")

        on_boards(row, on_board)
        add_peers(row, name)

    return measure


# ---- From the line to a task -----------------------------------------------------------------


def ways(log, line):
    """Sends a byte whenever the last one was heard; yields what is executed for each that found the
    processor asleep, from the moment it wakes up."""
    way = None
    for step in log.steps():
        if way is not None:
            way.append(step)
        if step.pc in log.waits:
            way = []
        if step.function == "bench_ready":
            line.sendall(b"!")
        if step.function == "bench_heard" and way:
            yield way[:-1]
            way = None


@functools.cache
def interrupt_parts(setting, board):
    options = (WAITS, *arguments("interrupt", 8))
    with logged(board, target(setting, board), *options) as (log, line):
        counted = [collections.Counter(step.function for step in way) for way in ways(log, line)]
    if not counted or any(one != counted[-1] for one in counted[1:]):
        raise Failed(f"{board}: the way of a byte differs: {[sum(c.values()) for c in counted]}")
    return counted[-1]


def interrupt(setting, row):
    def on_board(board):
        parts = interrupt_parts(setting, board)
        reach = 300 if board == "riscv64" else None
        row.figures.append(Figure(sum(parts.values()), unit(board), reach))
        row.notes.append(f"{BOARDS[board]}: {largest(parts)}")

    on_boards(row, on_board)


# ---- The images as they are shipped ----------------------------------------------------------


def boot(setting, row):
    """From reset until there is nothing to do: all services and daemons stand then, or the board
    says that they do not."""

    def on_board(board):
        parts = collections.Counter()
        with logged(board, shipped(setting, board), WAITS) as (log, _line):
            for step in log.steps():
                parts[step.function] += 1
                if step.pc in log.waits:
                    break
        if "mn_hello__poll" not in parts or sum(parts.values()) < 1000:
            raise Failed(f"{board} did not start hello")
        row.figures.append(Figure(sum(parts.values()), unit(board), 100_000))
        row.notes.append(f"{BOARDS[board]}: {largest(parts)}")

    on_boards(row, on_board)


def memory(setting, row):
    """The flash from the image; the RAM, which the board's file sizes, from what the board says
    that it has taken, stacks included."""
    path = image(setting, "mps2-small", "platforms/mps2/mnemos.elf")
    size = output_of("arm-none-eabi-size", "-A", path)
    flash = sum(int(find(rf"\.{name}\s+(\d+)", size)[1]) for name in ("text", "data"))
    with booted("mps2", path) as (qemu, _line):
        ram = int(said(qemu, r"mps2 \S+ (\d+) bytes of memory")[1])
    row.figures.append(Figure(flash, "bytes flash", 28 * 1024))
    row.figures.append(Figure(ram, "bytes RAM", 12 * 1024))


def cpu_ms(process):
    """CPU time of all its threads."""
    tasks = pathlib.Path("/proc", str(process.pid), "task")
    return sum(int((one / "schedstat").read_text().split()[0]) for one in tasks.iterdir()) / 1e6


def idle(setting, row):
    """CPU time of QEMU in real time, once the board has greeted."""
    seconds = 5 if setting.quick else 10

    def on_board(board):
        with booted(board, shipped(setting, board)) as (qemu, line):
            line.recv(1)
            before = cpu_ms(qemu)
            time.sleep(seconds)
            share = (cpu_ms(qemu) - before) / seconds / 10
        row.figures.append(Figure(share, unit(board, "% CPU"), 3.0))

    on_boards(row, on_board)


# ---- Bytes through the serial line -----------------------------------------------------------


def through(line, wire, data, payload):
    """Sends `wire` and takes what comes until `data` has come back; seconds. `payload` turns what
    comes into what it carries. No fewer bytes come than are asked for at a time: to be woken for
    each of them would cost more than they do."""
    sender = threading.Thread(target=line.sendall, args=(wire,), daemon=True)
    begin = time.monotonic()
    sender.start()
    came = bytearray()
    while len(came) < len(data):
        more = line.recv(min(len(data) - len(came), 65536), socket.MSG_WAITALL)
        if not more:
            raise Failed("the board has ended")
        piece = payload(more)
        if piece != data[len(came) : len(came) + len(piece)]:
            raise Failed(f"wrong bytes came back after {len(came)} good ones")
        came += piece
    sender.join()
    return time.monotonic() - begin


def echoed(line, data):
    """Seconds that the loopback takes to give `data` back. Its frames are those that come back,
    each shorter than the smallest ring."""
    receiver = sermux.Receiver()
    wire = b"".join(sermux.frame(0, data[at : at + 100]) for at in range(0, len(data), 100))

    def payload(more):
        return b"".join(data for port, data in receiver.take(more) if port == 0)

    line.recv(1)  # a greeting: the ports are open
    return through(line, wire, data, payload)


def instructions_of_echo(setting, board, size):
    """All that is executed from reset until `size` bytes have come back."""

    def talk(line):
        echoed(line, random.Random(1).randbytes(size))
        line.shutdown(socket.SHUT_RDWR)

    count = 0
    with logged(board, shipped(setting, board), WAITS) as (log, line):
        talker = threading.Thread(target=talk, args=(line,), daemon=True)
        talker.start()
        for _step in log.steps():
            count += 1
            if not talker.is_alive():
                return count
    raise Failed(f"{board} has ended")


def echo(setting, row):
    """Random bytes, so that zeros and all else occur. QEMU's UART has no speed: its limit is that
    of the line which it is set to."""
    board, baud = "riscv64", 115200
    data = random.Random(1).randbytes(200_000 if setting.quick else 1_000_000)
    with booted(board, shipped(setting, board)) as (_qemu, line):
        rate = len(data) / echoed(line, data) / 1000
    few, many = (instructions_of_echo(setting, board, size) for size in (1000, 5000))
    instructions = (many - few) / 4000
    row.figures.append(Figure(rate, unit(board, "kB/s"), baud / 10 / 1000, at_least=True))
    row.figures.append(Figure(instructions, unit(board, "instr/byte")))
    row.notes.append(f"{len(data):,} bytes, all came back as sent")
    row.notes.append(f"{baud:,} baud, which has 10 bits a byte, keeps a processor of "
                     f"{instructions * baud / 10 / 1e6:.1f} MIPS busy")  # fmt: skip


def benches():
    for name, what, reach in OPERATIONS:
        yield f"board_{name}", f"{what}, on boards", operation(name, reach)
    yield "board_interrupt", "a byte on the line to the task that waits for it", interrupt
    yield "board_boot", "reset until every daemon of the usual image is ready", boot
    yield "board_memory", "the usual Cortex-M3 image: kernel, mux, loopback, hello", memory
    yield "board_idle", "QEMU with the usual image and nobody at the line", idle
    yield "board_echo", "1 MB through the loopback of the usual image", echo
