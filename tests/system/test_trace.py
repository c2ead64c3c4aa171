# SPDX-License-Identifier: MIT OR Apache-2.0
"""The live log of a trace, and what crowtty asks for; against a target played by the test."""
import random
import re
import signal

import pytest

import sermux
import trace_target as wire
from target import accept, connect, receive
from trace_target import DEBUG, ERROR, INFO, TRACE, WARN, Debug, TextId
from traced import S, THE_END, TraceTarget, extended, traced  # noqa: F401 - fixtures

MS = 1000000

SPAWN = ("spawn", "kernel::task", DEBUG, ("task", "name", "file", "size"))
POLL = ("poll", "kernel::task", TRACE, ("polls",))
WAIT = ("wait", "kernel::task", TRACE, ("what", "on", "service", "holder"))
WAKE = ("wake", "kernel::task", TRACE, ("task",))


@pytest.fixture
def original(traced):
    """One that was asked for everything, and knows no extension."""

    def run(*arguments):
        process, _, target = traced("trace", *arguments)
        target.expect(("extend", 1), ("level", TRACE))
        return process, target

    return run


def log_of(process, until="the end") -> list:
    """The lines of port 3 up to one that ends with `until`, without their first part."""
    process.wait_for(rf"\[3 .*{re.escape(until)}\n")
    lines = process.text[: process.seen].decode().splitlines()
    return [match[1] for line in lines if (match := re.match(r"\[3 \+[0-9.]+s\] .{4} (.*)", line))]


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
