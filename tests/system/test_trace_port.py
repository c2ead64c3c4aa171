# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects: the trace port of every board on the real line, as hosts see it: an original one, one
that asks for more, one that goes away and one that comes after it. And that the book's test vectors
are those that the code is tested with. Messages are decoded by tracewire.py, not by our code."""
import re
import socket
import sys

import pytest

import sermux
import tracewire as wire
from conftest import BOARD, DEADLINE_S, ROOT, program

sys.path.insert(0, str(ROOT / "tools/mn"))
import boards  # noqa: E402

TRACE, DEBUG, INFO = range(3)
PORT = 3


class Host:
    """The other end of a board's line. Everything that it is told must decode."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(DEADLINE_S)
        self.receiver = sermux.Receiver()
        self.stream = wire.Stream()
        self.messages = []

    def ask(self, *requests: bytes):
        self.sock.sendall(sermux.frame(PORT, b"".join(requests)))

    def echo(self, data: bytes):
        self.sock.sendall(sermux.frame(0, data))

    def next(self) -> dict:
        while not self.messages:
            data = self.sock.recv(65536)
            assert data, "the board has ended"
            for port, payload in self.receiver.take(data):
                if port == PORT:
                    self.messages += self.stream.take(payload)
        return self.messages.pop(0)

    def expect(self, *kinds: str) -> dict:
        """The next message of one of these kinds; the others are left out. A board beats for ever,
        so it fails after some."""
        beats = 0
        while (message := self.next())["kind"] not in kinds:
            beats += message["kind"] == "HEARTBEAT"
            assert beats < DEADLINE_S, f"no {kinds}"
        return message

    def event(self, name: str) -> dict:
        while True:
            message = self.expect("EVENT", "TIMED_EVENT")
            if message["meta"]["name"] == name:
                return message

    def extend(self, level: int):
        self.ask(wire.extend(1), wire.set_max_level(level))
        return self.expect("WELCOME")


@pytest.fixture
def host(start):
    """host() attaches to the board of this build, which is started first; melpomene takes one after
    the other, a board's UART has one for ever."""
    where = []

    def attach():
        if BOARD != "none":
            line, board = socket.socketpair()
            family = "mps2" if BOARD.startswith("mps2") else "riscv-virt"
            image = program("platforms", family, "mnemos.elf")
            start(*boards.command(BOARD, image, board.fileno()), pass_fds=[board.fileno()])
            board.close()
            one = Host(line)
            one.expect("HEARTBEAT")  # its port is open
            return one
        if not where:
            process = start(program("platforms/melpomene/melpomene"), "--serial", "127.0.0.1:0")
            where.append(int(process.wait_for(r"serial line: \S+:(\d+)\n")[1]))
        return Host(socket.create_connection(("127.0.0.1", where[0])))

    return attach


def test_an_original_host_is_served(host):
    one = host()
    assert one.expect("HEARTBEAT")["level"] in (INFO, wire.OFF)
    one.ask(wire.set_max_level(INFO))  # the same level
    assert one.event("hello from mnemOS")["fields"].keys() >= {
        "message", "version", "git", "target", "profile"}
    one.ask(wire.set_max_level(TRACE))
    assert one.event("hello from mnemOS")["kind"] == "EVENT"
    for _ in range(3):
        one.expect("HEARTBEAT")


def test_an_original_host_is_told_what_the_kernel_does(host):
    one = host()
    one.ask(wire.set_max_level(TRACE))
    one.event("hello from mnemOS")
    one.echo(b"seen")
    assert one.event("poll")["fields"]["message"] == "poll"


def test_events_say_when_and_whose_they_are(host):
    one = host()
    one.extend(TRACE)
    one.echo(b"seen")
    wait = one.event("wait")
    assert wait["task"] > 0 and isinstance(wait["fields"]["what"], str)
    assert wait["meta"]["target"] == "kernel::task"


def test_a_host_that_asks_for_more_gets_it(host):
    one = host()
    welcome = one.extend(TRACE)
    assert welcome["version"] == 1 and welcome["tick_hz"] >= 1000000 and welcome["machine"]
    one.ask(wire.snapshot(7), wire.KEEP)
    begin = one.expect("SNAPSHOT_BEGIN")
    assert begin["id"] == 7
    tasks, services = {}, {}
    while (message := one.next())["kind"] != "SNAPSHOT_END":
        if message["kind"] == "TASK":
            tasks[message["name"]] = message
        elif message["kind"] == "SERVICE":
            services[message["name"]] = message
    assert {"serial_mux", "loopback", "hello", "trace", "simple_serial"} <= tasks.keys()
    assert [wait["what"] for wait in tasks["hello"]["waits"]] == ["time"]
    assert tasks["hello"]["limit"] > begin["time"] - welcome["tick_hz"]
    assert {name for name, task in tasks.items() if task["carrier"]} == {
        "serial_mux", "serial_mux_rx", "trace", "simple_serial"}
    assert services["serial_mux"]["task"] == tasks["serial_mux"]["id"]


def test_times_go_on(host):
    one = host()
    one.extend(TRACE)
    times = []
    for _ in range(3):
        one.ask(wire.KEEP)
        times.append(one.expect("TIME")["now"])
    assert times == sorted(times)


def test_what_carries_the_trace_is_not_traced(host):
    """Nothing else happens but a greeting a second: a few records, not a storm."""
    one = host()
    one.extend(TRACE)
    carriers = None
    events, beats = [], 0
    while beats < 3:
        message = one.next()
        beats += message["kind"] == "HEARTBEAT"
        if message["kind"] == "TIMED_EVENT" and message["meta"]["name"] != "hello from mnemOS":
            events.append(message)
        assert message["kind"] != "DISCARDED"
    one.ask(wire.snapshot(1))
    carriers = set()
    while (message := one.next())["kind"] != "SNAPSHOT_END":
        if message["kind"] == "TASK" and message["carrier"]:
            carriers.add(message["id"])
    seen = {event["task"] for event in events}
    assert not seen & carriers
    assert len(events) < 200


@pytest.mark.skipif(BOARD != "none", reason="a UART has one peer for ever")
def test_nothing_of_one_host_reaches_the_next(host):
    first = host()
    first.extend(TRACE)
    first.echo(b"seen")
    first.event("poll")
    first.sock.close()
    second = host()
    kinds = [second.next()["kind"] for _ in range(3)]
    assert kinds == ["HEARTBEAT"] * 3
    second.ask(wire.set_max_level(INFO))
    second.event("hello from mnemOS")
    assert all(second.next()["kind"] in ("HEARTBEAT", "EVENT", "META") for _ in range(2))


ROW = re.compile(r"^\| ([THXR]\d+) \| .* \| `([0-9a-f ]+)` \|$", re.M)
VECTOR = re.compile(r'\{"([THXR]\d+)",((?:\s*"[0-9a-f ]*")+)')


def test_the_books_vectors_are_those_of_the_tests():
    page = (ROOT / "book/reference/trace-format.md").read_text()
    source = (ROOT / "tests/unit/trace_vectors.h").read_text()
    tested = {name: "".join(re.findall(r'"([^"]*)"', text))
              for name, text in VECTOR.findall(source)}
    assert dict(ROW.findall(page)) == tested
    assert len(tested) == 17 + 6 + 16 + 6


def test_the_second_decoder_reads_the_books_vectors():
    page = (ROOT / "book/reference/trace-format.md").read_text()
    read = {name: wire.decode(bytes.fromhex(text)[:-1]) for name, text in ROW.findall(page)
            if name[0] in "TX"}
    assert read["T3"] == {"kind": "HEARTBEAT", "level": INFO}
    assert read["T7"]["fields"] == {"bool": True, "f64": 1.5, "i64": -3, "message": "hi there",
                                    "str": "x", "u64": 300}
    assert read["X4"] == {"kind": "TIMED_EVENT", "meta": 5, "time": 0xFEDCBA98, "task": 7,
                          "cause": 0, "parent": 0, "values": [300, ("text", 9)]}
    assert read["X11"]["waits"][1]["over"] and not read["X11"]["waits"][0]["over"]
    assert read["X13"]["uuid"] == "f06aac01277342668681583ffe756554"
