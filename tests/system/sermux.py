# SPDX-License-Identifier: MIT OR Apache-2.0
"""The serial multiplex on the wire, written a second time: frames to and from bytes.

Independent of the C code on purpose, so that both ends of a test cannot share a mistake.
"""


def cobs_encode(data: bytes) -> bytes:
    """Classic COBS without the terminator; ends a full group at the end with 01."""
    out = bytearray()
    pieces = data.split(b"\0")
    for piece in pieces:
        while len(piece) >= 254:
            out += b"\xff" + piece[:254]
            piece = piece[254:]
        out.append(len(piece) + 1)
        out += piece
    return bytes(out)


def cobs_decode(data: bytes) -> bytes:
    """Inverse of cobs_encode; raises ValueError for what is not COBS."""
    out = bytearray()
    at = 0
    while at < len(data):
        code = data[at]
        group = data[at + 1 : at + code]
        if code == 0 or len(group) != code - 1 or 0 in group:
            raise ValueError(f"not COBS: {data!r}")
        out += group
        at += code
        if code < 255 and at < len(data):
            out.append(0)
    return bytes(out)


def frame(port: int, payload: bytes) -> bytes:
    """One frame, terminator included."""
    return cobs_encode(port.to_bytes(2, "little") + payload) + b"\0"


class Receiver:
    """Takes bytes as they come and gives (port, payload) for each good frame; lone zeros are
    skipped, everything else that is no frame is kept in `bad`."""

    def __init__(self):
        self.pending = b""
        self.bad = []

    def take(self, data: bytes) -> list:
        *whole, self.pending = (self.pending + data).split(b"\0")
        return [one for wire in whole if wire for one in self._decode(wire)]

    def _decode(self, wire: bytes) -> list:
        try:
            plain = cobs_decode(wire)
        except ValueError:
            plain = b""
        if len(plain) < 3:
            self.bad.append(wire)
            return []
        return [(int.from_bytes(plain[:2], "little"), plain[2:])]
