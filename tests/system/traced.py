# SPDX-License-Identifier: MIT OR Apache-2.0
"""crowtty with a target whose trace the test plays."""
import contextlib

import pytest

import sermux
import trace_target as wire
from conftest import DEADLINE_S
from trace_target import INFO, TRACE, Debug

S = 1000000000

THE_END = wire.meta(999, "end", "test", INFO, ("message",)) + wire.event(
    999, message=Debug("the end"))


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
def extended(traced):
    """One that was asked for everything, and was extended at 10 s of its time."""

    def run(*arguments):
        process, _, target = traced("trace", *arguments)
        target.say(wire.welcome(now=10 * S), wire.heartbeat(TRACE))
        target.expect(("extend", 1), ("level", TRACE), ("snapshot", 1))
        return process, target

    return run
