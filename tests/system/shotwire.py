# SPDX-License-Identifier: MIT OR Apache-2.0
"""Screenshots on the wire, written a second time: the target's answers, and pictures from PNGs.

Independent of the C code on purpose, as sermux.py is.
"""
import io
import zlib

from PIL import Image

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
    """(width, height, rows of RGB or gray, 8 bits each) of a picture."""
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode in ("RGB", "L")
        stride = image.width * len(image.mode)
        pixels = image.tobytes()
        return image.width, image.height, [pixels[at:at + stride]
                                           for at in range(0, len(pixels), stride)]
