# SPDX-License-Identifier: MIT OR Apache-2.0
"""The trace port on the wire, written a second time: messages from bytes, requests to bytes.

Independent of the C code on purpose, as sermux.py is. A message is a dict with "kind"; where ids
stand in events for call sites and texts, a Stream puts these in their place.
"""
import struct

import sermux

LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "OFF"]
OFF = 5
KEEP_S = 6


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def text(value: str) -> bytes:
    return varint(len(value.encode())) + value.encode()


def _level(level: int) -> bytes:
    return b"\0" if level == OFF else bytes([1, level])


def _request(kind: int, rest: bytes = b"") -> bytes:
    return sermux.cobs_encode(varint(kind) + rest) + b"\0"


def set_max_level(level: int) -> bytes:
    return _request(0, _level(level))


def extend(version: int) -> bytes:
    return _request(16, varint(version))


def set_target_level(target: str, level: int) -> bytes:
    return _request(17, _level(level) + text(target))


def snapshot(number: int) -> bytes:
    return _request(18, varint(number))


KEEP = _request(19)


class Reader:
    def __init__(self, data: bytes):
        self.data = data

    def raw(self, count: int) -> bytes:
        if count > len(self.data):
            raise ValueError("cut short")
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def uint(self) -> int:
        number = shift = 0
        while True:
            byte = self.raw(1)[0]
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    def id(self) -> int:
        number = self.uint()
        if number == 0:
            raise ValueError("an id of 0")
        return number

    def bool(self) -> bool:
        byte = self.raw(1)[0]
        if byte > 1:
            raise ValueError(f"a bool of {byte}")
        return byte == 1

    def text(self) -> str:
        return self.raw(self.uint()).decode()

    def option(self, read):
        return read() if self.bool() else None

    def level(self) -> int:
        level = self.option(self.uint)
        return OFF if level is None else level

    def value(self):
        kind = self.uint()
        if kind == 6:
            return ("text", self.id())
        if kind == 3:
            number = self.uint()
            return (number >> 1) ^ -(number & 1)
        return [self.text, self.text, lambda: struct.unpack("<d", self.raw(8))[0], None, self.uint,
                self.bool][kind]()

    def list(self, read) -> list:
        return [read() for _ in range(self.uint())]

    def fields(self) -> dict:
        return dict(self.list(lambda: (self.text(), self.value())))

    def all(self, **fields) -> dict:
        """Each name with what is read for it, in this order."""
        return {name: read() for name, read in fields.items()}

    def wait(self) -> dict:
        return self.all(what=self.text, name=self.text, on=self.uint, since=self.uint,
                        holder=self.uint, holder_ended=self.bool, over=self.bool)


def decode(data: bytes) -> dict:
    """One message, without its terminator. Nothing may be left of it."""
    r = Reader(sermux.cobs_decode(data))
    kind = r.uint()
    uint, string, boolean = r.uint, r.text, r.bool
    values = {"values": lambda: r.list(r.value)}
    bracket = {"id": uint, "time": uint}
    name, fields = {
        0: ("HEARTBEAT", {"level": r.level}),
        1: ("META", {"id": r.id, "name": string, "target": string, "level": uint,
                     "module_path": lambda: r.option(string), "file": lambda: r.option(string),
                     "line": lambda: r.option(uint), "fields": lambda: r.list(string),
                     "is_span": boolean, "is_event": boolean}),
        2: ("EVENT", {"parent": lambda: r.option(r.id), "fields": r.fields, "meta": r.id}),
        3: ("SPAN", {"id": r.id, "meta": r.id, "parent": lambda: r.option(r.id),
                     "is_root": boolean, "fields": r.fields}),
        4: ("ENTER", {"id": r.id}),
        5: ("EXIT", {"id": r.id}),
        6: ("CLONE", {"id": r.id}),
        7: ("DROP", {"id": r.id}),
        8: ("DISCARDED", {"new_spans": uint, "span_activity": uint, "events": uint,
                          "metas": uint}),
        16: ("WELCOME", {"version": uint, "tick_hz": uint, "cpu_hz": uint, "now": uint,
                         "system": string, "release": string, "build": string,
                         "machine": string}),
        17: ("TIME", {"now": uint}),
        18: ("TEXT", {"id": r.id, "text": string}),
        19: ("TIMED_EVENT", {"meta": r.id, "time": uint, "task": uint, "cause": uint,
                             "parent": uint, **values}),
        20: ("TIMED_SPAN", {"id": r.id, "meta": r.id, "time": uint, "task": uint, "cause": uint,
                            "parent": uint, **values}),
        21: ("TIMED_ACTIVITY", {"what": uint, "id": r.id, "time": uint, "task": uint}),
        22: ("SNAPSHOT_BEGIN", bracket),
        23: ("TASK", {"id": uint, "name": string, "file": string, "line": uint, "state": uint,
                      "size": uint, "polls": uint, "cpu": uint, "cause": uint, "limit": uint,
                      "carrier": boolean, "waits": lambda: r.list(r.wait)}),
        24: ("SERVICE", {"id": uint, "name": string, "instance": string,
                         "uuid": lambda: r.raw(16).hex(), "task": uint, "queued": uint,
                         "serving": uint, "client": uint, "since": uint}),
        25: ("HEAP", {"size": uint, "used": uint, "high_water": uint, "largest_free": uint,
                      "failures": uint, "waiting": uint}),
        26: ("COUNTER", {"name": string, "value": uint}),
        27: ("SNAPSHOT_END", bracket),
    }[kind]
    message = {"kind": name, **r.all(**fields)}
    if r.data:
        raise ValueError(f"{r.data!r} behind {message}")
    return message


class Stream:
    """Messages out of the bytes of the port. Raises on anything that an honest target never
    sends: a message that does not decode, an id that was not announced."""

    def __init__(self):
        self.pending = b""
        self.metas, self.texts = {}, {}
        self.now = 0

    def take(self, data: bytes) -> list:
        *whole, self.pending = (self.pending + data).split(b"\0")
        return [self._resolve(decode(wire)) for wire in whole]

    def _resolve(self, message: dict) -> dict:
        if message["kind"] == "META":
            self.metas[message["id"]] = message
        elif message["kind"] == "TEXT":
            self.texts[message["id"]] = message["text"]
        elif message["kind"] in ("TIME", "WELCOME"):
            self.now = message["now"]
        elif "meta" in message:
            message["meta"] = meta = self.metas[message["meta"]]
            if "values" in message:
                values = [self.texts[v[1]] if isinstance(v, tuple) else v
                          for v in message["values"]]
                assert len(values) == len(meta["fields"])
                message["fields"] = dict(zip(meta["fields"], values))
        if "time" in message and message["kind"].startswith("TIMED"):
            away = (message["time"] - self.now + (1 << 31)) % (1 << 32) - (1 << 31)
            self.now = message["time"] = self.now + away
        return message
