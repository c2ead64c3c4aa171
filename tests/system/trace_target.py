# SPDX-License-Identifier: MIT OR Apache-2.0
"""The trace of a target, written a second time: what it says on port 3, and what it is asked.

Independent of the C code on purpose, so that both ends of a test cannot share a mistake. A value
of a field is an int, float, bool, str (shown quoted), Debug (shown as it is) or TextId.
"""
import struct

import sermux

PORT = 3
TRACE, DEBUG, INFO, WARN, ERROR = range(5)
LEVELS = {"trace": TRACE, "debug": DEBUG, "info": INFO, "warn": WARN, "error": ERROR, "off": None}


class Debug(str):
    """Text that is shown as it is."""


class TextId(int):
    """A text that was registered."""


def uint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(value: str) -> bytes:
    return uint(len(value.encode())) + value.encode()


def option(value, write) -> bytes:
    return b"\0" if value is None else b"\1" + write(value)


def value_of(value) -> bytes:
    for kind, write in (
        (Debug, lambda v: b"\0" + text(v)),
        (TextId, lambda v: b"\6" + uint(v)),
        (str, lambda v: b"\1" + text(v)),
        (float, lambda v: b"\2" + struct.pack("<d", v)),
        (bool, lambda v: b"\5" + bytes([v])),
        (int, lambda v: b"\4" + uint(v) if v >= 0 else b"\3" + uint(-2 * v - 1)),
    ):
        if isinstance(value, kind):
            return write(value)
    raise TypeError(value)


def message(kind: int, *parts: bytes) -> bytes:
    return sermux.cobs_encode(uint(kind) + b"".join(parts)) + b"\0"


def fields(pairs: dict) -> bytes:
    return uint(len(pairs)) + b"".join(text(name) + value_of(v) for name, v in pairs.items())


def values(each) -> bytes:
    return uint(len(each)) + b"".join(map(value_of, each))


# What the original says.


def heartbeat(level) -> bytes:
    return message(0, option(level, uint))


def meta(number, name, target, level, names=(), file=None, line=None, span=False) -> bytes:
    return message(1, uint(number), text(name), text(target), uint(level), option(None, text),
                   option(file, text), option(line, uint), uint(len(names)),
                   b"".join(map(text, names)), bytes([span, not span]))


def event(number, parent=None, **pairs) -> bytes:
    return message(2, option(parent, uint), fields(pairs), uint(number))


def new_span(span, number, parent=None, **pairs) -> bytes:
    return message(3, uint(span), uint(number), option(parent, uint), bytes([parent is None]),
                   fields(pairs))


def enter(span) -> bytes:
    return message(4, uint(span))


def leave(span) -> bytes:
    return message(5, uint(span))


def clone_span(span) -> bytes:
    return message(6, uint(span))


def drop_span(span) -> bytes:
    return message(7, uint(span))


def discarded(new_spans, span_activity, events, metas) -> bytes:
    return message(8, *map(uint, (new_spans, span_activity, events, metas)))


# The extension.


def welcome(now=0, tick_hz=1000000000, version=1) -> bytes:
    return message(16, uint(version), uint(tick_hz), uint(0), uint(now), text("mnemos"),
                   text("0.1.0"), text("test"), text("python"))


def now(time) -> bytes:
    return message(17, uint(time))


def register_text(number, content) -> bytes:
    return message(18, uint(number), text(content))


def timed_event(number, time, task, *each, cause=0, parent=0) -> bytes:
    return message(19, *map(uint, (number, time & 0xFFFFFFFF, task, cause, parent)), values(each))


def timed_span(span, number, time, task, *each, cause=0, parent=0) -> bytes:
    return message(20, *map(uint, (span, number, time & 0xFFFFFFFF, task, cause, parent)),
                   values(each))


def timed_activity(what, span, time, task) -> bytes:
    return message(21, *map(uint, (what, span, time & 0xFFFFFFFF, task)))


def snapshot_begin(number, time) -> bytes:
    return message(22, uint(number), uint(time))


def snapshot_end(number, time) -> bytes:
    return message(27, uint(number), uint(time))


# A task of a snapshot that waits for nothing; the rest of what it says is zero.


def task(number, name) -> bytes:
    return message(23, uint(number), text(name), text("main.c"), *map(uint, (1, 0, 0, 0, 0, 0, 0)),
                   bytes([0]), uint(0))


# What is asked: ("level", LEVEL or None), ("extend", version), ("target", LEVEL, name),
# ("snapshot", number), ("keep",).

class Requests:
    """Takes bytes of port 3 as they come, and gives the requests in them."""

    def __init__(self):
        self.pending = b""

    def take(self, data: bytes) -> list:
        *whole, self.pending = (self.pending + data).split(b"\0")
        return [self._read(sermux.cobs_decode(wire)) for wire in whole if wire]

    @staticmethod
    def _read(plain: bytes) -> tuple:
        def number():
            nonlocal plain
            result = shift = 0
            while True:
                byte, plain = plain[0], plain[1:]
                result |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    return result

        def level():
            return number() if number() else None

        kind = number()
        if kind == 0:
            return "level", level()
        if kind == 16:
            return "extend", number()
        if kind == 17:
            wanted = level()
            assert number() == len(plain)
            return "target", wanted, plain.decode()
        if kind == 18:
            return "snapshot", number()
        assert kind == 19
        return ("keep",)
