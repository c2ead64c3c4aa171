# SPDX-License-Identifier: MIT OR Apache-2.0
"""Recordings of a target that never was: its messages, on the line, in a file.

Written from book/reference/trace-format.md, independent of the C code.
"""
import struct
import zlib

import sermux

TRACE_PORT = 3


def uint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def text(words: str) -> bytes:
    data = words.encode()
    return uint(len(data)) + data


class TextId(int):
    """A number that stands for a text registered before."""


def value(one) -> bytes:
    if isinstance(one, bool):
        return uint(5) + bytes([one])
    if isinstance(one, TextId):
        return uint(6) + uint(one)
    if isinstance(one, float):
        return uint(2) + struct.pack("<d", one)
    if isinstance(one, str):
        return uint(1) + text(one)
    if one < 0:
        return uint(3) + uint(-2 * one - 1)
    return uint(4) + uint(one)


class Target:
    """Its messages so far are in `stream`, as port 3 carries them."""

    def __init__(self):
        self.stream = bytearray()
        self.metas = {}
        self.texts = {}
        self.time = 0

    def send(self, message: bytes):
        self.stream += sermux.cobs_encode(message) + b"\0"

    def welcome(self, tick_hz=1_000_000):
        self.send(uint(16) + uint(1) + uint(tick_hz) + uint(1_000_000) + uint(0)
                  + text("test") + text("0.0.0") + text("none") + text("host"))

    def meta(self, target: str, name: str, fields: list, is_span=False) -> int:
        key = (target, name)
        if key not in self.metas:
            self.metas[key] = len(self.metas) + 1
            self.send(uint(1) + uint(self.metas[key]) + text(name) + text(target) + uint(0)
                      + b"\0\0\0" + uint(len(fields)) + b"".join(map(text, fields))
                      + bytes([is_span, not is_span]))
        return self.metas[key]

    def words(self, words: str) -> TextId:
        if words not in self.texts:
            self.texts[words] = TextId(len(self.texts) + 1)
            self.send(uint(18) + uint(self.texts[words]) + text(words))
        return self.texts[words]

    def event(self, target: str, name: str, fields: dict, task=0, cause=0, parent=0):
        meta = self.meta(target, name, list(fields))
        values = [value(one) for one in fields.values()]
        self.send(uint(19) + uint(meta) + uint(self.time & 0xFFFFFFFF) + uint(task) + uint(cause)
                  + uint(parent) + uint(len(values)) + b"".join(values))

    def span(self, number: int, target: str, name: str, fields: dict, task: int, parent=0):
        meta = self.meta(target, name, list(fields), is_span=True)
        values = [value(one) for one in fields.values()]
        self.send(uint(20) + uint(number) + uint(meta) + uint(self.time) + uint(task) + uint(0)
                  + uint(parent) + uint(len(values)) + b"".join(values))

    def span_over(self, number: int, task: int):
        self.send(uint(21) + uint(2) + uint(number) + uint(self.time) + uint(task))


def write(path, stream: bytes, piece=200):
    """The file, a record for each piece of the stream."""
    with open(path, "wb") as file:
        file.write(b"crowtty\x01" + struct.pack("<Q", 0))
        for number, at in enumerate(range(0, len(stream), piece)):
            data = sermux.frame(TRACE_PORT, bytes(stream[at:at + piece]))
            head = struct.pack("<QIB3x", number * 1000, len(data), 1)
            file.write(head + struct.pack("<I", zlib.crc32(head + data)) + data)
