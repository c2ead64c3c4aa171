# SPDX-License-Identifier: MIT OR Apache-2.0
"""Recordings of a trace, also those of earlier versions, and what a terminal is shown."""
import os
import pty
import re
import signal

import pytest

import sermux
import trace_target as wire
from conftest import ROOT, free_ports, program
from target import File, accept, name_of
from trace_target import INFO, TRACE, WARN, Debug
from traced import S, THE_END, TraceTarget, extended, traced  # noqa: F401 - fixtures

GOLDEN = ROOT / "tests" / "golden"


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


# Recordings of earlier versions


@pytest.mark.parametrize("recording", sorted(GOLDEN.glob("*.crow")), ids=lambda path: path.stem)
def test_a_recording_of_an_earlier_version_reads_as_it_did(start, recording):
    """Made with `crowtty trace record`; the .txt beside it is what was shown then."""
    replay = start(program("tools", "crowtty", "crowtty"), "replay", "--speed", "max", "--trace",
                   "trace", "--tcp-port-base", free_ports(16), recording)
    assert replay.end() == 0
    lines = [line for line in replay.text.decode().splitlines() if line.startswith("[3 ")]
    assert lines == recording.with_suffix(".txt").read_text().splitlines()
