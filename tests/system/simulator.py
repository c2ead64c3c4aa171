# SPDX-License-Identifier: MIT OR Apache-2.0
"""melpomene for its tests: started, and with lines to it."""
import socket
import struct

import pytest

import sermux
from conftest import DEADLINE_S, program

TRACE = 3


class Line:
    """The other end of the serial line: frames in and out, but for those of the trace."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(DEADLINE_S)
        self.receiver = sermux.Receiver()
        self.frames = []

    def say(self, data: bytes):
        self.sock.sendall(data)

    def next_frame(self):
        while not self.frames:
            data = self.sock.recv(1 << 16)
            if not data:
                raise EOFError("melpomene closed the line")
            self.frames += [one for one in self.receiver.take(data) if one[0] != TRACE]
        return self.frames.pop(0)

    def payload(self, port: int, count: int) -> bytes:
        """The next `count` bytes of a port; what comes on others is left out."""
        data = b""
        while len(data) < count:
            at, payload = self.next_frame()
            if at == port:
                data += payload
        assert len(data) == count
        return data

    def echo(self, payload: bytes) -> bytes:
        self.say(sermux.frame(0, payload))
        return self.payload(0, len(payload))

    def close(self):
        self.sock.close()

    def vanish(self):
        """As a killed client does whose last bytes were not read: with a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Machine:
    def __init__(self, start, *arguments, **options):
        self.process = start(program("platforms", "melpomene", "melpomene"), *arguments,
                             **options)
        self.lines = []

    def address(self) -> str:
        return self.process.wait_for(r"serial line: (.*)\n").group(1).decode()

    def connect(self, receive_buffer=0) -> Line:
        if not self.lines:
            host, _, self.port = self.address().rpartition(":")
            self.host = host.strip("[]")
        sock = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        self.lines.append(Line(sock))
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.connect((self.host, int(self.port)))
        return self.lines[-1]


@pytest.fixture
def melpomene(start, monkeypatch):
    """melpomene(argument...) -> Machine, at a free port of 127.0.0.1 if none is given."""
    machines = []
    monkeypatch.delenv("MELPOMENE_TRACE", raising=False)

    def run(*arguments, **options):
        if "--serial" not in arguments:
            arguments = ("--serial", "127.0.0.1:0", *arguments)
        machines.append(Machine(start, *arguments, **options))
        return machines[-1]

    yield run
    for machine in machines:
        for line in machine.lines:
            line.close()


def board(tmp_path, text: str):
    """A board file with a serial line, and what the test adds."""
    path = tmp_path / "board.toml"
    path.write_text("[kernel]\nheap_size = 262144\n[platform.tcp_uart]\nenabled = true\n"
                    + "[services.serial_mux]\nenabled = true\n" + text)
    return path


QUIET = "[services.sermux_loopback]\nenabled = true\n"
