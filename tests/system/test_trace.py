# SPDX-License-Identifier: MIT OR Apache-2.0
"""The live log of a trace, and what crowtty asks for; against a target played by the test."""
import contextlib
import os
import pty
import random
import re
import select
import signal
import socket
import threading

import pytest

import sermux
import trace_target as wire
from conftest import DEADLINE_S, ROOT, free_ports, program
from target import File, accept, connect, name_of, receive
from trace_target import DEBUG, ERROR, INFO, TRACE, WARN, Debug, TextId

GOLDEN = ROOT / "tests" / "golden"

MS = 1000000
S = 1000000000

SPAWN = ("spawn", "kernel::task", DEBUG, ("task", "name", "file", "size"))
POLL = ("poll", "kernel::task", TRACE, ("polls",))
WAIT = ("wait", "kernel::task", TRACE, ("what", "on", "service", "holder"))
WAKE = ("wake", "kernel::task", TRACE, ("task",))


class TraceTarget:
    """Port 3 of a target, as far as the test makes it one."""

    def __init__(self, target):
        self.target = target
        self.requests = wire.Requests()
        self.pending = []

    def say(self, *messages: bytes):
        self.target.say(sermux.frame(3, b"".join(messages)))

    def next_request(self) -> tuple:
        while not self.pending:
            port, payload = self.target.next_frame()
            assert port == 3
            self.pending += self.requests.take(payload)
        return self.pending.pop(0)

    def beat(self, level) -> tuple:
        """Says a heartbeat, again and again, until something is asked for."""
        while not self.pending:
            self.beat_once(level)
        return self.pending.pop(0)

    def beat_once(self, level):
        """The same once, with some time for an answer."""
        self.say(wire.heartbeat(level))
        self.target.sock.settimeout(0.1)
        with contextlib.suppress(TimeoutError):
            self.pending.append(self.next_request())
        self.target.sock.settimeout(DEADLINE_S)

    def expect(self, *requests):
        assert [self.next_request() for _ in requests] == list(requests)


@pytest.fixture
def traced(attached):
    """traced(filter, argument...) -> (process, base, target); with the filter None, by default."""

    def run(trace, *arguments):
        process, base, target = attached(*arguments, trace=trace)
        return process, base, TraceTarget(target)

    return run


@pytest.fixture
def original(traced):
    """One that was asked for everything, and knows no extension."""

    def run(*arguments):
        process, _, target = traced("trace", *arguments)
        target.expect(("extend", 1), ("level", TRACE))
        return process, target

    return run


@pytest.fixture
def extended(traced):
    """One that was asked for everything, and was extended at 10 s of its time."""

    def run(*arguments):
        process, _, target = traced("trace", *arguments)
        target.say(wire.welcome(now=10 * S), wire.heartbeat(TRACE))
        target.expect(("extend", 1), ("level", TRACE), ("snapshot", 1))
        return process, target

    return run


def log_of(process, until="the end") -> list:
    """The lines of port 3 up to one that ends with `until`, without their first part."""
    process.wait_for(rf"\[3 .*{re.escape(until)}\n")
    lines = process.text[: process.seen].decode().splitlines()
    return [match[1] for line in lines if (match := re.match(r"\[3 \+[0-9.]+s\] .{4} (.*)", line))]


THE_END = wire.meta(999, "end", "test", INFO, ("message",)) + wire.event(
    999, message=Debug("the end"))


# Negotiation


def test_the_level_is_asked_for_at_once_and_after_the_first_heartbeat(traced):
    """An original target with that level already would otherwise never send anything."""
    process, _, target = traced("info")
    target.expect(("extend", 1), ("level", INFO))
    assert target.beat(INFO) == ("extend", 1)
    target.expect(("level", INFO))
    process.wait_for(r"\[3 \+\d{4}\.\d{9}s\]  TCP BEAT Max level set to Some\(INFO\)\n")


def test_another_level_is_asked_for_again(traced):
    _, _, target = traced("debug")
    target.expect(("extend", 1), ("level", DEBUG))
    for level in (DEBUG, None):
        while (request := target.beat(level)) == ("extend", 1):
            pass  # as often as a heartbeat finds it unanswered
        assert request == ("level", DEBUG)


def test_a_level_that_a_target_does_not_have_is_not_asked_for_forever(traced):
    _, _, target = traced("trace")
    requests = [target.beat(INFO) for _ in range(2 + 2 * 3 + 1)]
    assert requests.count(("extend", 1)) == 4
    assert requests.count(("level", TRACE)) == 5  # the first heartbeat's is none of the three
    for _ in range(5):
        target.beat_once(INFO)
    assert target.pending == []
    assert target.beat(WARN) == ("level", TRACE)


def test_an_extended_target_gets_levels_for_its_targets(traced):
    """An original one, which has a single level, gets the most verbose."""
    process, _, target = traced("info,kernel=warn,kernel::call=trace")
    target.expect(("extend", 1), ("level", TRACE))
    target.say(wire.welcome())
    target.expect(("level", INFO), ("target", WARN, "kernel"), ("target", TRACE, "kernel::call"),
                  ("snapshot", 1))
    target.say(
        wire.meta(1, "e", "kernel::heap", INFO, ("message",)),
        wire.meta(2, "e", "kernel::call", TRACE, ("message",)),
        wire.timed_event(1, 5, 0, Debug("not this")),
        wire.timed_event(2, 5, 0, Debug("but this")),
        THE_END,
    )
    assert log_of(process) == ["TRCE kernel::call: but this", "INFO test: the end"]


def test_an_extended_target_is_kept_active(extended):
    _, target = extended()
    target.expect(("keep",), ("keep",))


def test_a_target_that_was_started_anew_is_asked_anew(extended):
    """It has forgotten everything, and its heartbeats come without a time."""
    _, target = extended()
    target.say(*[wire.heartbeat(TRACE)] * 2)
    target.expect(("extend", 1), ("level", TRACE))


def test_a_target_that_stays_is_not(extended):
    process, target = extended()
    for second in range(10):
        target.say(wire.heartbeat(TRACE), wire.now((11 + second) * S))
    target.expect(("keep",))


def test_after_a_reconnection_everything_is_asked_for_again(traced, server):
    _, _, target = traced("info")
    target.expect(("extend", 1), ("level", INFO))
    target.target.close()
    again = TraceTarget(accept(server))
    again.expect(("extend", 1), ("level", INFO))
    again.target.close()


def test_off_says_nothing_but_to_a_heartbeat_of_a_level(traced):
    process, base, target = traced("off")
    with connect(base) as client:
        client.sendall(b"?")
        assert target.target.next_frame() == (0, b"?")
    target.say(wire.heartbeat(None), wire.heartbeat(INFO))
    target.expect(("level", None))
    target.say(THE_END, wire.discarded(0, 0, 1, 0))
    assert log_of(process, "metas: 0 })")[-1].startswith("LOSS ")
    assert b"the end" not in process.text


def test_who_is_attached_to_port_3_has_the_word(traced):
    process, base, target = traced("info")
    target.expect(("extend", 1), ("level", INFO))
    with connect(base + 3) as client:
        process.wait_for(r"host connected to port \d+ \(:3\)")
        target.say(wire.heartbeat(WARN))
        assert receive(client, len(wire.heartbeat(WARN))) == wire.heartbeat(WARN)
        client.sendall(b"?\0")
        assert target.target.next_frame() == (3, b"?\0")
        target.say(THE_END)
        process.wait_for("the end")  # and is still shown
    process.wait_for(r"client left \(:3\)")
    target.expect(("extend", 1), ("level", INFO))


def test_call_sites_that_were_lost_are_asked_for(original):
    process, target = original()
    target.say(wire.event(5, message=Debug("lost")))
    process.wait_for(r"META UNKNOWN: MetaId\(5\)\n")
    target.expect(("level", TRACE))


def test_call_sites_on_a_damaged_line_are_asked_for_again(original):
    """What was changed on the way may still be a name that can be read."""
    process, target = original()
    target.say(wire.meta(1, "poLl", "app", INFO), wire.event(1), b"\x05\x01\x02\0")
    target.expect(("level", TRACE))
    target.say(wire.meta(1, "poll", "app", INFO), wire.event(1), THE_END)
    assert log_of(process)[-2:] == ["INFO app: poll", "INFO test: the end"]
    assert b"app: poLl\n" in process.text


# Lines


def test_an_event_is_its_message_and_fields_by_name(original):
    process, target = original()
    target.say(
        wire.meta(1, "event src/main.rs:42", "kernel::services", INFO, ("message",)),
        wire.event(1, zero=0, name='say "hi"\\', neg=-3, half=1.5, whole=2.0, yes=True,
                   shown=Debug("Some(x)"), message=Debug("registered")),
        wire.event(1, only=1),
        wire.meta(2, "ring full", "kernel::services", INFO, ("port",)),
        wire.event(2, port=3),
        wire.event(1, message=Debug("a\nb\x1b[31m\x7f\x9b")),
        THE_END,
    )
    assert log_of(process) == [
        r'INFO kernel::services: registered, half=1.5, name="say \"hi\"\\", neg=-3, '
        "shown=Some(x), whole=2.0, yes=true, zero=0",
        "INFO kernel::services: only=1",
        "INFO kernel::services: ring full, port=3",
        r"INFO kernel::services: a\nb\x1b[31m\x7f\x9b",
        "INFO test: the end",
    ]


@pytest.mark.parametrize("level, word", [(TRACE, "TRCE"), (DEBUG, "DBUG"), (INFO, "INFO"),
                                         (WARN, "WARN"), (ERROR, "ERR")])
def test_levels_have_the_words_of_the_original(original, level, word):
    process, target = original()
    target.say(wire.meta(1, "e", "app", level), wire.event(1, message=Debug("m")), THE_END)
    assert log_of(process) == [f"{word} app: m", "INFO test: the end"]


def test_spans_of_the_original_are_around_what_follows(original):
    process, target = original()
    target.say(
        wire.meta(1, "outer", "app", INFO, ("port",), span=True),
        wire.meta(2, "inner", "app", DEBUG, (), span=True),
        wire.meta(3, "e", "app", WARN, ("message",)),
        wire.new_span(1, 1, port=3), wire.enter(1),
        wire.new_span(2, 2, parent=1), wire.enter(2),
        wire.event(3, message=Debug("deep")),
        wire.clone_span(2), wire.leave(2), wire.drop_span(2),
        wire.event(3, message=Debug("less deep")),
        wire.drop_span(2), wire.leave(1), wire.drop_span(1),
        THE_END,
    )
    lines = [re.sub(r": [0-9.]+(ns|µs|ms|s)$", ": TIME", line) for line in log_of(process)]
    assert lines == [
        "INFO outer{port=3}: app: SPAN (0001)",
        "DBUG outer{port=3}: inner: app: SPAN (0002)",
        "WARN outer{port=3}:inner: app: deep",
        "WARN outer{port=3}: app: less deep",
        "DBUG outer{port=3}: inner: app:  END (0002): TIME",
        "INFO outer{port=3}: app:  END (0001): TIME",
        "INFO test: the end",
    ]


def test_an_exit_that_was_lost_does_not_leave_its_span_for_ever(original):
    process, target = original()
    target.say(
        wire.meta(1, "one", "app", INFO, (), span=True),
        wire.new_span(1, 1), wire.new_span(2, 1), wire.enter(1), wire.enter(2), wire.leave(1),
        THE_END,
    )
    assert log_of(process)[-1] == "INFO test: the end"


def test_extended_spans_are_those_of_the_task_and_times_the_targets(extended):
    process, target = extended()
    target.say(
        wire.meta(1, "job", "app", INFO, ("id",), span=True),
        wire.meta(2, "e", "app", INFO, ("message",)),
        wire.timed_span(1, 1, 11 * S, 5, 50),
        wire.timed_activity(0, 1, 11 * S, 5),
        wire.timed_span(2, 1, 11 * S + 1, 6, 60),
        wire.timed_activity(0, 2, 11 * S + 2, 6),
        wire.timed_event(2, 11 * S + 3, 5, Debug("of five"), parent=1),
        wire.timed_event(2, 11 * S + 4, 6, Debug("of six"), parent=2),
        wire.timed_event(2, 11 * S + 5, 7, Debug("of seven")),
        wire.timed_activity(1, 1, 11 * S + 6, 5),
        wire.now(12 * S),
        wire.timed_activity(2, 1, 11 * S + 1500 * MS, 5),
        THE_END,
    )
    assert log_of(process)[-6:] == [
        "INFO job{id=60}: app: SPAN (0002)",
        "INFO job{id=50}: app: of five",
        "INFO job{id=60}: app: of six",
        "INFO app: of seven",
        "INFO job{id=50}: app:  END (0001): 1.5s",
        "INFO test: the end",
    ]
    assert b"[3 +0011.000000003s]  TCP INFO job{id=50}: app: of five" in process.text


def test_an_event_without_a_time_does_not_move_those_with_one(original):
    """As a target's greeting, which may come before it has been extended."""
    process, target = original()
    target.say(
        wire.meta(1, "e", "app", INFO, ("message",)),
        wire.event(1, message=Debug("early")),
        wire.welcome(now=100 * S),
        wire.timed_event(1, 101 * S, 5, Debug("timed")),
        THE_END,
    )
    log_of(process)
    assert b"[3 +0101.000000000s]  TCP INFO app: timed" in process.text


def test_kernel_events_name_tasks(extended):
    process, target = extended()
    metas = [wire.meta(i + 1, *site) for i, site in enumerate((SPAWN, POLL, WAIT, WAKE))]
    target.say(
        *metas,
        wire.register_text(1, "clock"), wire.register_text(2, "a reply from"),
        wire.snapshot_begin(1, 10 * S), wire.task(5, "hello"), wire.snapshot_end(1, 10 * S),
        wire.timed_event(1, 10 * S, 5, 7, TextId(1), TextId(3), 64),
        wire.timed_event(2, 10 * S, 7, 1),
        wire.timed_event(3, 10 * S, 5, TextId(2), 0x1000, TextId(1), 7),
        wire.timed_event(3, 10 * S, 7, TextId(2), 0, "", 0),
        wire.timed_event(4, 10 * S, 0, 5),
        wire.timed_event(4, 10 * S, 9, 7),
        THE_END,
    )
    assert log_of(process)[1:] == [
        "DBUG kernel::task: hello #5: spawn, task=7 clock, name=clock, file=?, size=64",
        "TRCE kernel::task: clock #7: poll, polls=1",
        "TRCE kernel::task: hello #5: wait, what=a reply from, on=0x1000, service=clock, "
        "holder=7 clock",
        'TRCE kernel::task: clock #7: wait, what=a reply from, service=""',
        "TRCE kernel::task: wake, task=5 hello",
        "TRCE kernel::task: #9: wake, task=7 clock",
        "INFO test: the end",
    ]


def test_losses_are_told_in_words(original):
    process, target = original("-q")
    target.say(wire.discarded(1, 2, 300, 0))
    assert log_of(process, "})") == [
        "LOSS the target could not send 300 of its events, 1 new spans, 2 enters and exits of "
        "spans, 0 call sites (Discarded { new_spans: 1, span_activity: 2, events: 300, metas: 0 })"
    ]


def test_verbose_tells_of_heartbeats_requests_and_call_sites(original):
    process, target = original("-v")
    target.say(wire.heartbeat(TRACE), wire.meta(1, "e", "app", WARN, (), "main.c", 7), THE_END)
    process.wait_for(r"BEAT Sent request for Some\(TRCE\)\n")
    process.wait_for(r"BEAT Found a heartbeat \(level: Some\(TRCE\); desired: Some\(TRCE\)\)\n")
    process.wait_for(r"BEAT Max level set to Some\(TRCE\)\n")
    process.wait_for(r"META WARN EVNT MetaId\(1\): app e \[main\.c:7\]\n")
    process.wait_for(r"META INFO EVNT MetaId\(999\): test end \[<unknown>:0\]\n")


@pytest.mark.parametrize("wrong", ["loud", "kernel=", "=info", "a=b=c"])
@pytest.mark.parametrize("how", ["option", "environment"])
def test_a_filter_that_cannot_be_read_is_refused(crowtty, wrong, how):
    if how == "option":
        process, _ = crowtty("--trace", wrong)
    else:
        process, _ = crowtty(trace=wrong)
    assert process.end() == 2
    assert b"crowtty: trace filter" in process.text


# Damage


@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_stream_is_in_step_again_with_the_next_message(extended, seed):
    """Bytes on the line are flipped and dropped; what comes after is as if nothing had been."""
    chance = random.Random(seed)
    process, target = extended()
    target.say(wire.meta(1, "e", "app", INFO, ("message", "n")))
    for round in range(50):
        stream = bytearray(b"".join(
            sermux.frame(3, wire.timed_event(1, (20 + round) * S, 5, Debug("noise"), n))
            for n in range(20)))
        for _ in range(5):
            at = chance.randrange(len(stream))
            if chance.random() < 0.5:
                stream[at] ^= 1 << chance.randrange(8)
            else:
                del stream[at]
        target.target.say(bytes(stream) + b"\0")
        target.say(b"\0", wire.meta(1, "e", "app", INFO, ("message", "n")),
                   wire.now((20 + round) * S),
                   wire.timed_event(1, (20 + round) * S, 5, Debug("good"), round))
    target.say(THE_END)
    lines = log_of(process)
    good = [line for line in lines if line.startswith("INFO app: good, n=")]
    assert good == [f"INFO app: good, n={round}" for round in range(50)]
    assert sum("LOSS" in line and "damaged" in line for line in lines) == 1
    process.end(signal.SIGINT)
    assert re.search(rb"LOSS \d+B of the trace were damaged in all\n", process.text)


# Recordings


def test_a_recording_is_replayed_with_its_trace(extended, start, tmp_path):
    file = tmp_path / "trace.crow"
    process, target = extended("--record", file)
    target.say(wire.meta(1, "e", "app", INFO, ("message",)),
               wire.timed_event(1, 11 * S, 5, Debug("recorded")), THE_END)
    process.wait_for("the end")
    process.end(signal.SIGINT)
    replay = start(program("tools", "crowtty", "crowtty"), "replay", "--speed", "max", "--trace",
                   "app=info,off", "--tcp-port-base", free_ports(16), file)
    assert replay.end() == 0
    assert b"[3 +0011.000000000s] PLAY INFO app: recorded" in replay.text
    assert b"the end" not in replay.text


@pytest.fixture
def recorded(start, server, tmp_path):
    """recorded(argument...) -> (process, target, file) of `crowtty trace record`."""

    def run(*arguments):
        file = tmp_path / "trace.crow"
        process = start(program("tools", "crowtty", "crowtty"), "trace", "record", *arguments,
                        "--tcp-port-base", free_ports(16), file, name_of(server),
                        env={**os.environ, "MNEMOS_TRACE": "off"})
        return process, TraceTarget(accept(server)), file

    return run


def test_trace_record_has_everything_and_ends_well_with_ctrl_c(recorded, start):
    process, target, file = recorded()
    target.expect(("extend", 1), ("level", TRACE))
    target.say(wire.welcome(now=10 * S), wire.heartbeat(TRACE))
    target.expect(("snapshot", 1))
    target.say(wire.snapshot_begin(1, 10 * S), wire.snapshot_end(1, 10 * S))
    while (request := target.next_request()) == ("keep",):
        pass  # the first one was not there yet
    assert request == ("snapshot", 2)
    target.expect(("keep",))
    target.say(THE_END, wire.discarded(0, 0, 7, 0))
    process.wait_for("LOSS ")
    assert process.end(signal.SIGINT) == 0
    assert re.search(rb"RECO .*trace.crow: [0-9.]+ s, 1 events, 0 kB, 7 lost on the target, 0B "
                     rb"damaged on the line\n", process.text)
    assert b"the end" not in process.text  # it says how much, not what
    dump = start(program("tools", "crowtty", "crowtty"), "replay", "--dump", file)
    assert dump.end() == 0
    assert b"the end" in dump.text


def test_trace_record_ends_by_itself(recorded):
    process, target, _ = recorded("--duration", "1", "--trace", "warn")
    target.expect(("extend", 1), ("level", WARN))
    assert process.end() == 0
    assert b"RECO no event came" in process.text


def test_trace_record_keeps_what_is_there(start, tmp_path):
    file = tmp_path / "trace.crow"
    file.write_bytes(b"the only recording of what is looked for")
    process = start(program("tools", "crowtty", "crowtty"), "trace", "record", file)
    assert process.end() == 1
    assert b"it exists" in process.text
    assert file.read_bytes() == b"the only recording of what is looked for"


class Screen:
    """What is written to a terminal."""

    def __init__(self):
        main, self.sub = pty.openpty()
        self.terminal = File(main)
        self.text = b""

    def wait_for(self, pattern: bytes):
        while not re.search(pattern, self.text):
            self.text += self.terminal.recv(65536)


@pytest.fixture
def screen():
    one = Screen()
    yield one
    one.terminal.close()
    os.close(one.sub)


def test_a_terminal_gets_colours_unless_it_wants_none(attached, screen):
    for env, line in (
        ({"TERM": "xterm"}, rb"\x1b\[33mWARN\x1b\[0m \x1b\[2mapp:\x1b\[0m hot\r\n"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, rb"s\]  TCP WARN app: hot\r\n"),
        ({"TERM": "dumb"}, rb"s\]  TCP WARN app: hot\r\n"),
    ):
        screen.text = b""
        _, _, target = attached(stdout=screen.sub, env=env, trace="info")
        target.say(sermux.frame(3, wire.meta(1, "e", "app", WARN) +
                                wire.event(1, message=Debug("hot"))))
        screen.wait_for(line)


def test_a_terminal_shows_how_far_a_recording_is(start, server, tmp_path, screen):
    start(program("tools", "crowtty", "crowtty"), "trace", "record", "--tcp-port-base",
          free_ports(16), tmp_path / "trace.crow", name_of(server), stdout=screen.sub,
          env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"})
    target = TraceTarget(accept(server))
    target.say(THE_END, THE_END)
    screen.wait_for(rb"recording: [0-9.]+ s, 2 events, \d+ kB, nothing lost")
    target.say(wire.discarded(0, 0, 1, 0))
    screen.wait_for(rb"\r\x1b\[K\[3 [^\r\n]*LOSS [^\r\n]*\r\nrecording: ")


# With the simulator


class NoisyLine(threading.Thread):
    """Between crowtty and a target, by Unix-domain sockets: of what the target says it flips bits
    and drops bytes, one in so many, until it is told to stop."""

    def __init__(self, directory, one_in):
        super().__init__(daemon=True)
        self.path, self.target = f"{directory}/noisy", f"{directory}/line"
        self.chance = random.Random(1)
        self.one_in = one_in
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.start()

    def run(self):
        with self.listener, contextlib.suppress(OSError):
            host, _ = self.listener.accept()
            with host, socket.socket(socket.AF_UNIX) as target:
                target.connect(self.target)
                self._carry(host, target)

    def _carry(self, host, target):
        while True:
            ready, _, _ = select.select([host, target], [], [])
            for one in ready:
                data = one.recv(65536)
                if not data:
                    return
                if one is host:
                    target.sendall(data)
                else:
                    host.sendall(self._damage(data))

    def _damage(self, data):
        out = bytearray()
        for byte in data:
            if self.one_in and self.chance.randrange(self.one_in) == 0:
                if self.chance.random() < 0.5:
                    continue
                byte ^= 1 << self.chance.randrange(8)
            out.append(byte)
        return bytes(out)


@pytest.fixture
def simulator(start, tmp_path):
    """simulator(argument...) -> a melpomene whose line is `line` in the test's directory."""

    def run(*arguments):
        machine = start(program("platforms", "melpomene", "melpomene"), "--serial",
                        f"unix:{tmp_path}/line", *arguments)
        machine.wait_for("serial line: ")
        return machine

    return run


def test_the_simulators_trace_is_shown(simulator, crowtty, tmp_path):
    simulator()
    process, base = crowtty("--trace", "info,kernel::task=trace", f"unix:{tmp_path}/line")
    process.wait_for(r"BEAT Max level set to Some\(TRCE\)\n")
    process.wait_for(r"INFO daemons::trace: hello from mnemOS, .*version=")
    process.wait_for(r"TRCE kernel::task: hello #\d+: poll, polls=\d+\n")
    process.wait_for(r"TRCE kernel::task: hello #\d+: wait, what=time\n")
    with connect(base) as client:
        client.sendall(b"?")
        assert receive(client, 1) == b"?"
    process.wait_for(r"TRCE kernel::task: loopback #\d+: poll, polls=\d+\n")
    process.end(signal.SIGINT)
    assert b"LOSS" not in process.text
    assert b"UNKNOWN" not in process.text


def test_spans_of_a_task_cross_its_waits(start, crowtty, tmp_path):
    """A driver's span around a wait of 200 ms, and the event in it, with the others in between."""
    faulty = start(program("book", "examples", "faulty"), "slow", "--serial",
                   f"unix:{tmp_path}/line")
    faulty.wait_for("serial line: ")
    process, _ = crowtty("--trace", "info,faults::disk=debug", f"unix:{tmp_path}/line")
    begun = process.wait_for(r"DBUG transfer\{block=(\d+)\}: faults::disk: SPAN \((\d+)\)\n")
    block, number = (one.decode() for one in begun.groups())
    context = rf"DBUG transfer\{{block={block}\}}: faults::disk: "
    process.wait_for(rf"{context}block read, block={block}\n")
    took = process.wait_for(rf"{context} END \({number}\): ([0-9.]+)(ms|s)\n")
    assert float(took[1]) * (1000 if took[2] == b"s" else 1) >= 199  # and more on a slow machine


def test_a_noisy_line_is_in_step_again(simulator, crowtty, tmp_path):
    """What was lost meanwhile is asked for: then not one event is missing, and names are known."""
    simulator()
    noisy = NoisyLine(tmp_path, one_in=50)
    process, _ = crowtty("--trace", "info,kernel::task=trace", f"unix:{noisy.path}")
    process.wait_for("of the trace were damaged")
    process.wait_for("UNKNOWN: |TRCE kernel::task: ")
    noisy.one_in = 0
    in_a_row, last = 0, 0
    while in_a_row < 3:
        polls = int(process.wait_for(r"TRCE kernel::task: hello #\d+: poll, polls=(\d+)\n")[1])
        in_a_row = in_a_row + 1 if polls == last + 1 else 0
        last = polls


# Recordings of earlier versions


@pytest.mark.parametrize("recording", sorted(GOLDEN.glob("*.crow")), ids=lambda path: path.stem)
def test_a_recording_of_an_earlier_version_reads_as_it_did(start, recording):
    """Made with `crowtty trace record`; the .txt beside it is what was shown then."""
    replay = start(program("tools", "crowtty", "crowtty"), "replay", "--speed", "max", "--trace",
                   "trace", "--tcp-port-base", free_ports(16), recording)
    assert replay.end() == 0
    lines = [line for line in replay.text.decode().splitlines() if line.startswith("[3 ")]
    assert lines == recording.with_suffix(".txt").read_text().splitlines()
