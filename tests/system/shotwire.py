# SPDX-License-Identifier: MIT OR Apache-2.0
"""Screenshots on the wire, written a second time: the target's answers, and pictures from PNGs.

Independent of the C code on purpose, as sermux.py is.
"""
import struct
import zlib

import sermux
from tracewire import varint

PORT = 4
MONO, GRAY8, RGB565, RGB888 = range(4)
NO_MEMORY, NOT_FOUND, TIMED_OUT = 8, 11, 3


def literal(units: bytes, unit: int) -> bytes:
    return varint(len(units) // unit << 2) + units


def run(count: int, unit: bytes) -> bytes:
    return varint(count << 2 | 1) + unit


def above(count: int) -> bytes:
    return varint(count << 2 | 2)


class Answer:
    """The messages to one request, stuffed and terminated."""

    def __init__(self, request: int):
        self.id = varint(request)
        self.crc = 0

    def _sum(self, card: bytes) -> bytes:
        self.crc = zlib.crc32(card, self.crc)
        return card

    @staticmethod
    def _wire(card: bytes) -> bytes:
        return sermux.cobs_encode(card) + b"\0"

    def picture(self, form: int, width: int, height: int, mixed: bool = False) -> bytes:
        return self._wire(self._sum(b"\0" + self.id + varint(form) + varint(width) +
                                    varint(height) + bytes([mixed])))

    def pixels(self, at: int, packed: bytes) -> bytes:
        return self._wire(self._sum(b"\1" + self.id + varint(at) + varint(len(packed)) + packed))

    def end(self, change: int = 0) -> bytes:
        return self._wire(b"\2" + self.id + varint(self.crc ^ change))

    def refused(self, why: int) -> bytes:
        return self._wire(b"\3" + self.id + varint(why))


def requests(data: bytes) -> list:
    """(kind, id) of each whole request in a stream: "take" or "cancel"."""
    found = []
    for wire in data.split(b"\0")[:-1]:
        if not wire:
            continue
        card = sermux.cobs_decode(wire)
        kind, rest = ("take", card[2:]) if card[0] == 0 else ("cancel", card[1:])
        assert card[:2] == b"\0\1" or card[0] == 1, card
        found.append((kind, sum((byte & 0x7F) << 7 * i for i, byte in enumerate(rest))))
    return found


def png(data: bytes):
    """(width, height, rows of 8-bit RGB or gray) of a PNG without interlacing."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, header = 8, b"", None
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        chunk = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", chunk)
        elif kind == b"IDAT":
            packed += chunk
        at += 12 + length
    width, height, depth, colour, _, _, interlaced = header
    assert depth == 8 and colour in (0, 2) and not interlaced
    return width, height, _unfilter(zlib.decompress(packed), width, height, 3 if colour else 1)


def _paeth(a: int, b: int, c: int) -> int:
    return min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]


def _unfilter(raw: bytes, width: int, height: int, size: int) -> list:
    stride = width * size
    rows, before = [], bytes(stride)
    for y in range(height):
        kind, row = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:][:stride])
        for i in range(stride) if kind else ():
            left = row[i - size] if i >= size else 0
            corner = before[i - size] if i >= size else 0
            row[i] = row[i] + (left, before[i], (left + before[i]) // 2,
                               _paeth(left, before[i], corner))[kind - 1] & 0xFF
        rows.append(bytes(row))
        before = rows[-1]
    return rows
