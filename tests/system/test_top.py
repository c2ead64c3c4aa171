# SPDX-License-Identifier: MIT OR Apache-2.0
"""crowtty top: each planted fault is told in its sentence, and a healthy system has none.

The target is the simulator or, in a cross build, the board in QEMU, with book/examples/faults.c in
it; crowtty has its line, and top looks through that crowtty, as people have it. Time is real, as
top is for people; tests wait for what top says.
"""
import contextlib
import fcntl
import itertools
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import sys
import termios
import threading
import time

import pytest

from conftest import BOARD, DEADLINE_S, ROOT, crowtty_program, free_ports, on_host, program
import sermux
import trace_target as wire
from target import accept, receive

sys.path.insert(0, str(ROOT / "tools/mn"))
import boards  # noqa: E402

FAULTS_PORT = 99
DOCUMENTS = 100  # an interval apart; only a broken top needs as many
TIME = r"\d+ (ms|s)"

# Fault, kind of its finding, severity, and what is said.
FAULTS = [
    ("cycle", "cycle", "error",
     r"deadlock: ping #(\d+) waits for a reply from pong #(\d+), which waits for (a reply from|"
     rf"its turn at) ping #\1, for {TIME}; one of them must not wait for the other; client #\d+ "
     "waits behind it"),
    ("no-reply", "no-reply", "error",
     rf"mute #\d+ has not replied to a call of client #\d+ for {TIME}; it waits for the next call, "
     r"so it has forgotten this one; client #\d+ waits behind it"),
    ("lost-wake", "lost-wake", "error",
     r"reader #\d+ waits for bytes in bbq 0x[0-9a-f]+, which is there: its wake was lost; it has "
     rf"waited for {TIME}; look at who should have woken it"),
    ("spin", "spin", "warning",
     r"spin #\d+ spins: it is always ready and never seen to wait, at book/examples/faults.c:\d+, "
     rf"\d+ polls/s, \d+ % of the CPU, for {TIME} at least; it should wait for what it looks for"),
    ("dead-reader", "reader-ended", "error",
     r"producer #\d+ waits for room in channel 0x[0-9a-f]+, which is full, and who took from it "
     rf"has ended, for {TIME}; who takes from a queue must close it when it ends"),
    ("dead-owner", "holder-ended", "error",
     r"locker #\d+ waits for mutex 0x[0-9a-f]+, whose holder has ended without giving it back, for "
     rf"{TIME}; who holds it must let go before it ends"),
    ("slow", "slow-server", "warning",
     rf"disk #\d+ is slow: [789] calls wait for their turn, the first for {TIME}; each caller is "
     r"delayed by all that came before it; \d+ tasks wait behind it: client #\d+, client #\d+, "
     r"client #\d+, client #\d+, \.\.\."),
]


class Machine:
    """A target with a crowtty at its line."""

    def __init__(self, start, directory, *arguments, image="faulty"):
        self.start = start
        self.base = free_ports(FAULTS_PORT + 1)
        line = f"unix:{directory}/line"
        ports = ["--port", FAULTS_PORT, "--tcp-port-base", self.base, "--no-keyboard"]
        if BOARD == "none":
            path = ("platforms/melpomene/melpomene" if image == "healthy" else
                    "book/examples/faulty")
            self.target = start(program(path), *arguments, "--serial", line)
            self.target.wait_for("serial line: ")
            self.crowtty = start(crowtty_program(), *ports, line)
        else:
            self.start_board(f"{directory}/line", ports, image)
        self.crowtty.wait_for("LINE connected")

    def start_board(self, path, ports, image):
        """crowtty comes first, and its connection becomes the board's line."""
        images = {"riscv64": "riscv-virt", "riscv32": "riscv-virt"}
        where = f"platforms/{images.get(BOARD, BOARD)}"
        elf = program(where, "mnemos.elf" if image == "healthy" else "test/faults.elf")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            listener.settimeout(DEADLINE_S)
            self.crowtty = self.start(crowtty_program(), *ports, f"unix:{path}")
            line, _ = listener.accept()
        self.target = self.start(*boards.command(BOARD, elf, line.fileno()),
                                 pass_fds=[line.fileno()])
        line.close()
        with self.connect(1) as client:
            client.recv(1)  # the first greeting: by then every port is open

    def connect(self, port):
        return socket.create_connection(("127.0.0.1", self.base + port), DEADLINE_S)

    def plant(self, *faults):
        with self.connect(FAULTS_PORT) as client:
            for fault in faults:
                client.sendall(fault.encode() + b"\n")
                assert receive(client, 8) == b"planted\n"

    def top(self, *arguments):
        return self.start(crowtty_program(), "top", *arguments, "--tcp-port-base", self.base)

    def once(self):
        """(exit code, table)"""
        top = self.top("--once")
        return top.end(), top.text.decode()

    def documents(self):
        """Yields what --json says, without end."""
        top = self.top("--json", "--interval", "200")
        while True:
            yield json.loads(top.wait_for(r"(?m)^\{.*\}\n").group())


@pytest.fixture
def machine(start, tmp_path):
    return lambda *arguments, **options: Machine(start, tmp_path, *arguments, **options)


def found(document):
    """{kind: [finding]} of what is more than a note."""
    result = {}
    for finding in document["findings"]:
        if finding["severity"] != "note":
            result.setdefault(finding["kind"], []).append(finding)
    return result


def task_names(document):
    return {task["name"] for task in document["tasks"]}


def wait_for(documents, *kinds):
    """The first document that has findings of all these kinds."""
    for document in itertools.islice(documents, DOCUMENTS):
        if set(kinds) <= set(found(document)):
            return document
    raise AssertionError(f"no {kinds} in {found(document)}")


@pytest.mark.parametrize("fault, kind, severity, text", FAULTS, ids=[row[0] for row in FAULTS])
def test_fault_is_told(machine, fault, kind, severity, text):
    target = machine()
    target.plant(fault)
    document = wait_for(target.documents(), kind)
    assert list(found(document)) == [kind]
    (finding,) = found(document)[kind]
    assert re.fullmatch(text, finding["text"]), finding["text"]
    assert finding["severity"] == severity
    ids = [int(number) for number in re.findall(r"#(\d+)", finding["text"])]
    assert set(ids) <= set(finding["tasks"])
    # The same in the table, for who comes only now.
    code, table = target.once()
    assert code == 3
    assert re.search(rf"(?m)^{severity}: {text}$", table), table


def test_several_faults_at_once(machine):
    target = machine()
    several = [row for row in FAULTS if row[0] != "spin"]
    target.plant(*(row[0] for row in several))
    kinds = {row[1] for row in several}
    document = wait_for(target.documents(), *kinds)
    assert set(found(document)) == kinds
    assert all(len(findings) == 1 for findings in found(document).values())
    # The severest come first.
    order = [finding["severity"] for finding in document["findings"]]
    assert order == sorted(order, key=["error", "warning", "note"].index)


def test_healthy_system_has_no_finding(machine):
    target = machine(image="healthy")
    documents = target.documents()
    for _ in range(12):
        assert next(documents)["findings"] == []
    code, table = target.once()
    assert code == 0, table
    assert "error:" not in table and "warning:" not in table
    assert re.search(r"(?m)^ +\d+  loopback +waits .*  bytes in bbq 0x[0-9a-f]+, ", table), table
    assert re.search(r"(?m)^ +\d+  serial_mux +serial_mux #\d+ +0 +0", table), table


def test_busy_system_has_no_finding(machine):
    """An echo as fast as it goes, all the time."""
    target = machine(image="healthy")
    with target.connect(0) as client:
        ending = threading.Event()

        def echo():
            with contextlib.suppress(OSError, EOFError):
                while not ending.is_set():
                    client.sendall(b"x" * 512)
                    receive(client, 512)

        thread = threading.Thread(target=echo)
        thread.start()
        try:
            documents = target.documents()
            for _ in range(15):
                assert found(next(documents)) == {}
        finally:
            ending.set()
            thread.join()


def test_stuck_before_top_came(machine):
    """The wait graph needs no history."""
    target = machine()
    target.plant("cycle")
    first = wait_for(target.documents(), "cycle")
    code, table = target.once()
    assert code == 3 and "deadlock: ping #" in table
    assert found(first)["cycle"][0]["since_ns"] < first["time_ns"]


def test_document_has_what_its_manual_says(machine):
    document = next(machine().documents())
    manual = (ROOT / "book/reference/top.md").read_text()
    keys = set(re.findall(r"`(\w+)`", manual))
    seen = set()

    def collect(value):
        if isinstance(value, dict):
            seen.update(value)
            for inner in value.values():
                collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    counters = document.pop("counters")
    assert all(isinstance(value, int) for value in counters.values())
    collect(document)
    assert seen <= keys, seen - keys
    assert document["schema"] == 1
    by_name = {task["name"]: task for task in document["tasks"]}
    assert by_name["trace"]["state"] == "running" and by_name["trace"]["carrier"]
    assert by_name["hello"]["waits"][0]["for"] == "time"
    names = {service["name"]: service for service in document["services"]}
    assert names["serial_mux"]["task"] == by_name["serial_mux"]["id"]


# What follows is about crowtty, so the host is enough.


@on_host
def test_directly_on_the_line(start, tmp_path):
    target = start(program("book/examples/faulty"), "cycle", "--serial", f"unix:{tmp_path}/line")
    target.wait_for("serial line: ")
    top = start(crowtty_program(), "top", "--json", "--interval", "200", f"unix:{tmp_path}/line")
    top.wait_for(r'"kind":"cycle"')
    assert top.end(signal.SIGINT) == 130
    top = start(crowtty_program(), "top", "--once", f"unix:{tmp_path}/line")
    assert top.end() == 3
    assert b"error: deadlock: ping #" in top.text


@on_host
@pytest.mark.parametrize("text, told", [
    (b"panic at sync.c:147: it is broken\nin task x #1\n",
     b"error: the target has ended with a panic at sync.c:147: it is broken; "),
    (b"task hog #3 has not yielded for 1000 ms (hog.c)\n",
     b"error: task #3 does not yield: nothing else can run any more; "),
], ids=["panic", "hog"])
def test_text_beside_the_frames_is_told(start, fake, text, told):
    """Through crowtty, which shows it itself and passes it on."""
    base = free_ports(16)
    crowtty = start(crowtty_program(), "--tcp-port-base", base, address(fake))
    line, _ = fake.accept()
    with line:
        crowtty.wait_for("LINE connected")
        line.sendall(b"\0" + text + b"\0")
        crowtty.wait_for("TEXT " + re.escape(text.decode().split("\n")[0]))
        # It came before top, and is kept for it.
        top = start(crowtty_program(), "top", "--once", "--tcp-port-base", base)
        assert top.end() == 3
    assert told in top.text


def test_hog(machine):
    """Nothing runs any more, but an interrupt that says who it is."""
    target = machine()
    target.plant("hog")
    document = wait_for(target.documents(), "no-yield")
    (finding,) = found(document)["no-yield"]
    assert re.fullmatch(r"hog #\d+ does not yield: nothing else can run any more \(book/examples/"
                        r"faults.c\); it must wait between pieces of long work \(MN_YIELD\)",
                        finding["text"])
    assert task_names(document) >= {"hog", "hello"}


@on_host
def test_target_is_started_anew(machine, start, tmp_path):
    """Nothing of before is left, even if the new one is older when seen than the other was."""
    target = machine()
    documents = target.documents()
    before = next(documents)
    assert "faults" in task_names(before)
    target.target.end(signal.SIGTERM)
    start(program("platforms/melpomene/melpomene"), "--serial", f"unix:{tmp_path}/line")
    after = next(document for document in itertools.islice(documents, DOCUMENTS)
                 if "faults" not in task_names(document))
    assert task_names(after) >= {"hello", "trace"}
    assert after["time_ns"] > before["time_ns"]


@on_host
def test_nobody_listens(start):
    top = start(crowtty_program(), "top", "--once", f"tcp:127.0.0.1:{free_ports(1)}")
    assert top.end() == 1
    assert b"cannot connect to 127.0.0.1:" in top.text


@pytest.fixture
def fake():
    """A target that the test plays."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(DEADLINE_S)
        yield listener


def address(listener):
    return "tcp:127.0.0.1:%d" % listener.getsockname()[1]


@on_host
def test_nothing_answers(start, fake):
    top = start(crowtty_program(), "top", "--once", address(fake))
    line, _ = fake.accept()
    with line:
        line.sendall(sermux.frame(1, b"hello\r\n"))
        assert top.end() == 1
    assert b"no heartbeat within 3 s: is services.sermux_trace enabled" in top.text


@on_host
def test_a_hangup_that_is_ignored_ends_nothing(start, fake):
    top = start(crowtty_program(), "top", "--json", address(fake),
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))  # as nohup(1) does
    line, _ = fake.accept()
    with line:
        assert line.recv(1)
        top.process.send_signal(signal.SIGHUP)
        assert top.end(signal.SIGTERM) == 128 + signal.SIGTERM


@on_host
def test_another_host_has_the_line(start, fake):
    """Melpomene takes one at a time: the next connects, and hears nothing."""
    top = start(crowtty_program(), "top", "--once", address(fake))
    line, _ = fake.accept()
    with line:
        assert top.end() == 1
    assert b"is another crowtty attached to it?" in top.text


@on_host
def test_original_target(start, fake):
    """It has heartbeats, and skips what it does not know."""
    top = start(crowtty_program(), "top", "--once", address(fake))
    line, _ = fake.accept()
    with line:
        heartbeat = sermux.cobs_encode(b"\0\0") + b"\0"
        line.sendall(sermux.frame(3, heartbeat))
        assert top.end() == 1
    assert b"heartbeats come, but no answer to what top asks" in top.text


@on_host
def test_snapshot_that_another_host_has_asked_for_serves_too(start, fake):
    """A target takes one for all who asked meanwhile, and it has the number of the last of them. So
    has one that is slower than top asks, which seemed not to answer at all."""
    top = start(crowtty_program(), "top", "--once", address(fake))
    line, requests = accept(fake), wire.Requests()
    with contextlib.suppress(EOFError, OSError):  # until top ends
        while True:
            for kind, *number in requests.take(line.next_frame()[1]):
                if kind == "extend":
                    line.say(sermux.frame(wire.PORT, wire.welcome()))
                elif kind == "snapshot":
                    other = number[0] + 99
                    line.say(sermux.frame(wire.PORT, wire.snapshot_begin(other, other)
                                          + wire.task(1, "idler")
                                          + wire.snapshot_end(other, other)))
    line.close()
    assert top.end() == 0, top.text
    assert b"idler" in top.text


@on_host
def test_no_terminal(start):
    top = start(crowtty_program(), "top")
    assert top.end() == 2
    assert b"--once prints one table" in top.text


class Terminal:
    """Top on a terminal."""

    def __init__(self, start, rows, columns, *arguments):
        self.master, slave = pty.openpty()
        self.slave = slave
        self.resize(rows, columns)
        self.before = termios.tcgetattr(slave)
        environment = {**os.environ, "TERM": "xterm"}
        self.top = start(crowtty_program(), "top", *arguments, stdin=slave, stdout=slave,
                         env=environment, start_new_session=True)
        self.seen = b""

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait_for(self, pattern):
        """The next match of what follows the last one. Top never falls silent."""
        deadline = time.monotonic() + DEADLINE_S
        while not (match := re.search(pattern.encode(), self.seen, re.S)):
            ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"no {pattern} in {self.seen!r}"
            self.seen += os.read(self.master, 65536)
        self.seen = self.seen[match.end():]
        return match

    def wait_for_frame(self, good):
        """The next one that is as it shall be."""
        deadline = time.monotonic() + DEADLINE_S
        while not good(frame := self.wait_for(FRAME)[1].decode()):
            assert time.monotonic() < deadline, frame

    def press(self, keys):
        os.write(self.master, keys)

    def end(self):
        self.wait_for(r"\x1b\[\?25h\x1b\[\?1049l")
        code = self.top.process.wait(DEADLINE_S)
        assert termios.tcgetattr(self.slave) == self.before
        os.close(self.master)
        os.close(self.slave)
        return code


FRAME = r"\x1b\[H(.*?)\x1b\[K\x1b\[J"


@on_host
def test_terminal(machine, start):
    target = machine()
    target.plant("cycle")
    terminal = Terminal(start, 30, 100, "--interval", "200", "--tcp-port-base", target.base)
    terminal.wait_for(r"\x1b\[\?1049h")
    terminal.wait_for(r"\x1b\[1;31merror: deadlock: ping #\d+ waits for")
    # Who is in a finding has its colour in the table.
    terminal.wait_for(r"\x1b\[1;31m +\d+  ping ")
    terminal.press(b"n")

    def is_by_name(frame):
        names = re.findall(r"(?m)^(?:\x1b\[\d+m)? +\d+  (\w+) +(?:waits|ready|runs)",
                           re.sub(r"\x1b\[K\r+\n", "\n", frame))
        return names and names == sorted(names)

    terminal.wait_for_frame(is_by_name)
    # It fits, whatever the size.
    terminal.resize(12, 40)
    os.kill(terminal.top.pid, signal.SIGWINCH)

    def fits(frame):
        lines = re.split(r"\x1b\[K\r+\n", re.sub(r"\x1b\[[0-9;?]*m", "", frame))
        return len(lines) <= 12 and all(len(line) <= 40 for line in lines)

    terminal.wait_for_frame(fits)
    # Paused, nothing changes but what the keys do; arrows scroll.
    terminal.press(b"p")
    terminal.wait_for("paused; p goes on")
    terminal.press(b"p\x1b[B\x1b[A\x1b[6~")
    terminal.wait_for("q ends, p pauses")
    terminal.press(b"q")
    assert terminal.end() == 0


@on_host
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGSEGV])
def test_terminal_is_restored(machine, start, number):
    target = machine()
    terminal = Terminal(start, 24, 80, "--tcp-port-base", target.base)
    terminal.wait_for("WAITS FOR")
    os.kill(terminal.top.pid, number)
    assert terminal.end() in (128 + number, -number)


@on_host
def test_stop_where_nobody_could_go_on_with_it_is_none(start, fake):
    """As in a terminal that was opened for top alone: its process group is an orphan."""
    terminal = Terminal(start, 24, 80, address(fake))
    line, _ = fake.accept()
    with line:
        terminal.wait_for("asking")
        os.kill(terminal.top.pid, signal.SIGTSTP)
        terminal.wait_for(r"\x1b\[\?1049l.*\x1b\[\?1049h.*asking")
        terminal.press(b"q")
        assert terminal.end() == 0


@on_host
def test_line_comes_back(start, fake):
    """Top goes on when the target does."""
    terminal = Terminal(start, 24, 80, address(fake))
    line, _ = fake.accept()
    terminal.wait_for("asking")
    line.close()
    terminal.wait_for("waiting for the line")
    line, _ = fake.accept()
    with line:
        terminal.wait_for("asking")
        terminal.press(b"q")
        assert terminal.end() == 0
