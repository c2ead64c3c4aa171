# SPDX-License-Identifier: MIT OR Apache-2.0
"""The whole system as a user starts it: melpomene, crowtty on its line, clients on the ports."""
import os
import signal
import socket
import threading

import pytest

from conftest import DEADLINE_S, free_ports, program


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), DEADLINE_S)


def receive(sock: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        more = sock.recv(count - len(data))
        assert more, f"closed after {bytes(data)!r}"
        data += more
    return bytes(data)


class System:
    def __init__(self, start):
        self.start = start
        self.base = free_ports(16)
        self.line = f"127.0.0.1:{free_ports(1)}"
        self.crowtty = start(program("tools", "crowtty", "crowtty"), "--wait", "--no-keyboard",
                             "--tcp-port-base", self.base, f"tcp:{self.line}")

    def boot(self, *arguments, **options):
        self.melpomene = self.start(program("platforms", "melpomene", "melpomene"),
                                    "--serial", self.line, *arguments, **options)
        self.crowtty.wait_for("LINE connected to ")

    def port(self, number: int) -> socket.socket:
        return connect(self.base + number)


@pytest.fixture
def nothing_yet(start, monkeypatch):
    """crowtty, waiting for a machine that is booted later."""
    monkeypatch.delenv("MELPOMENE_TRACE", raising=False)
    return System(start)


@pytest.fixture
def system(nothing_yet):
    """A machine on a free port, and crowtty on it."""
    nothing_yet.boot()
    return nothing_yet


def test_echo_and_hello(system):
    with system.port(0) as echo, system.port(1) as hello:
        echo.sendall(b"there and back\n")
        assert receive(echo, 15) == b"there and back\n"
        assert receive(hello, 7) == b"hello\r\n"


def test_a_megabyte_goes_there_and_back(system):
    data = os.urandom(1 << 20)
    with system.port(0) as echo:
        sender = threading.Thread(target=echo.sendall, args=(data,))
        sender.start()
        assert receive(echo, len(data)) == data
        sender.join()


def test_a_restart_of_the_machine_is_survived(system):
    with system.port(0) as echo:
        echo.sendall(b"before")
        assert receive(echo, 6) == b"before"
        assert system.melpomene.end(signal.SIGTERM) == 128 + signal.SIGTERM
        system.crowtty.wait_for("LINE lost ")
        system.boot()
        echo.sendall(b"after")
        assert receive(echo, 5) == b"after"


def test_a_fault_of_the_machine_is_shown_as_text(system):
    with system.port(0) as echo:
        echo.sendall(b"x")
        assert receive(echo, 1) == b"x"
    system.melpomene.process.send_signal(signal.SIGSEGV)
    system.crowtty.wait_for("TEXT fatal signal: SIGSEGV")
    system.crowtty.wait_for(r"TEXT \s*loopback #\d+ at ")
    system.crowtty.wait_for("TEXT You've met with a terrible fate, haven't you")


def test_a_machine_without_any_standard_stream(nothing_yet):
    """What it opens instead must not get the log."""
    nothing_yet.boot("--trace=trace", preexec_fn=lambda: os.closerange(0, 3))
    with nothing_yet.port(0) as echo:
        echo.sendall(b"as usual")
        assert receive(echo, 8) == b"as usual"
    assert nothing_yet.melpomene.end(signal.SIGTERM) == 128 + signal.SIGTERM
