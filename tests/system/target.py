# SPDX-License-Identifier: MIT OR Apache-2.0
"""A target played by a test: the other end of crowtty's line, and clients of its ports."""
import collections
import contextlib
import os
import select
import socket
import threading

import sermux
from conftest import DEADLINE_S


HELLO = sermux.frame(1, b"hello\r\n")  # what a target says each second


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), DEADLINE_S)


def receive(sock: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        more = sock.recv(min(65536, count - len(data)))
        if not more:
            raise EOFError(f"closed after {len(data)} of {count} bytes: {bytes(data)[-80:]!r}")
        data += more
    return bytes(data)


def receive_all(sock: socket.socket) -> bytes:
    return b"".join(iter(lambda: sock.recv(65536), b""))


@contextlib.contextmanager
def flood(client: socket.socket, data: bytes):
    """Sends it again and again; the client is closed for sending and receiving then."""

    def send():
        with contextlib.suppress(OSError):
            while True:
                client.sendall(data)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        client.shutdown(socket.SHUT_RDWR)
        sender.join()


class Target:
    """The target's end of the line: anything with recv and sendall."""

    def __init__(self, sock):
        self.sock = sock
        self.receiver = sermux.Receiver()
        self.frames = collections.deque()

    def say(self, data: bytes):
        self.sock.sendall(data)

    def next_frame(self):
        while not self.frames:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError("crowtty closed the line")
            self.frames += self.receiver.take(data)
        return self.frames.popleft()

    def next_bytes(self, port: int, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            at, payload = self.next_frame()
            assert at == port
            data += payload
        return bytes(data)

    def echo_bytes(self):
        """Sends everything back as it is, in a thread, until the line is closed."""

        def run():
            with contextlib.suppress(OSError):
                while data := self.sock.recv(1 << 20):
                    self.sock.sendall(data)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def close(self):
        self.sock.close()


class File:
    """A terminal with a socket's methods."""

    def __init__(self, fd):
        self.fd = fd

    def settimeout(self, _):
        """It has one already."""

    def recv(self, count):
        ready, _, _ = select.select([self.fd], [], [], DEADLINE_S)
        if not ready:
            raise TimeoutError
        return os.read(self.fd, count)

    def sendall(self, data):
        while data:
            data = data[os.write(self.fd, data):]

    def close(self):
        os.close(self.fd)


def name_of(listener) -> str:
    return "tcp:127.0.0.1:%d" % listener.getsockname()[1]


def accept(listener) -> Target:
    sock, _ = listener.accept()
    sock.settimeout(DEADLINE_S)
    return Target(sock)
