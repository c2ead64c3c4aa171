# SPDX-License-Identifier: MIT OR Apache-2.0
"""crowtty's ports: what clients and the target, played by the test, hear of each other."""
import contextlib
import os
import re
import resource
import select
import signal
import socket
import subprocess
import threading
import time

import pytest

import sermux
from conftest import DEADLINE_S, crowtty_program
from target import HELLO, File, accept, connect, flood, name_of, receive, receive_all


# Sockets


def test_a_client_gets_its_echo(attached):
    _, base, target = attached()
    with connect(base) as client:
        client.sendall(b"dup\0mul")
        assert target.next_frame() == (0, b"dup\0mul")
        target.say(sermux.frame(0, b"dup\0mul"))
        assert receive(client, 7) == b"dup\0mul"


@pytest.mark.parametrize("port", [0, 1, 2, 3, 10, 11, 12, 13])
def test_every_well_known_port_is_there(attached, port):
    _, base, target = attached()
    with connect(base + port) as client:
        client.sendall(b"?")
        assert target.next_frame() == (port, b"?")
        target.say(sermux.frame(port, b"!"))
        assert receive(client, 1) == b"!"


def test_more_ports_can_be_asked_for(attached):
    _, base, target = attached("--port", "5", "--port", "7")
    for port in (5, 7):
        with connect(base + port) as client:
            client.sendall(b"?")
            assert target.next_frame() == (port, b"?")


def test_frames_always_fit_a_default_target(attached):
    _, base, target = attached()
    with connect(base) as client:
        client.sendall(b"\x11" * 5000)
        wire = receive(target.sock, 1)  # the lone zero for a fresh start
        assert wire == b"\0"
        while wire.count(b"\x11") < 5000:
            wire += target.sock.recv(65536)
        assert max(map(len, wire.split(b"\0"))) <= 511


def test_output_goes_to_all_clients_and_input_comes_from_each(attached):
    process, base, target = attached()
    with connect(base) as one, connect(base) as two:
        for _ in range(2):
            process.wait_for(r"host connected to port \d+ \(:0\)")
        target.say(sermux.frame(0, b"both"))
        assert receive(one, 4) == receive(two, 4) == b"both"
        one.sendall(b"1")
        assert target.next_frame() == (0, b"1")
        two.sendall(b"2")
        assert target.next_frame() == (0, b"2")


def test_a_client_that_ended_its_input_still_gets_output_then_the_end(attached):
    _, base, target = attached()
    with connect(base) as client:
        client.sendall(b"x")
        client.shutdown(socket.SHUT_WR)
        assert target.next_frame() == (0, b"x")
        target.say(sermux.frame(0, b"late"))
        assert receive_all(client) == b"late"


def test_the_newest_4_kib_wait_for_the_first_client(attached):
    process, base, target = attached("-v")
    said = b"".join(b"%07d\n" % i for i in range(1000))
    for at in range(0, len(said), 200):
        target.say(sermux.frame(1, said[at : at + 200]))
    target.say(sermux.frame(10, b"."))
    process.wait_for(r"DMUX 1B -> :10")
    with connect(base + 1) as client:
        assert receive(client, 4096) == said[-4096:]
        target.say(sermux.frame(1, b"new"))
        assert receive(client, 3) == b"new"
    process.end(signal.SIGTERM)
    assert b"3904B dropped while nobody was attached (:1)" in process.text


def test_a_port_that_nobody_mapped_is_named_once_and_counted(attached):
    process, base, target = attached()
    target.say(sermux.frame(77, b"lost") * 3 + sermux.frame(0, b"kept"))
    with connect(base) as client:
        assert receive(client, 4) == b"kept"
    process.end(signal.SIGTERM)
    assert process.text.count(b"dropping what comes from port :77") == 1
    assert b"3 frames (12B) dropped for ports that are not mapped" in process.text


def test_megabytes_come_back_complete_and_in_order(attached):
    _, base, target = attached()
    target.echo_bytes()
    block = bytes(range(256)) * 4096
    total = 8 * len(block)
    with connect(base) as client:
        sender = threading.Thread(target=lambda: [client.sendall(block) for _ in range(8)])
        sender.start()
        got = receive(client, total)
        sender.join()
    assert got == block * 8


def test_a_slow_lone_reader_loses_nothing(attached):
    # Far more than the sockets in between can hold, to a reader of small pieces.
    process, base, target = attached("--backlog", "64K", "--stall", "600000", "-q")
    payload = os.urandom(500)
    frames = sermux.frame(0, payload) * 60000
    sender = threading.Thread(target=lambda: target.say(frames))
    with connect(base) as client:
        client.sendall(b"?")
        assert target.next_frame() == (0, b"?")
        sender.start()
        for _ in range(60000):
            assert receive(client, 500) == payload
        sender.join()


def peak_kib(process) -> int:
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])


def test_input_is_read_as_fast_as_the_target_takes_it(attached):
    # The sender is many times faster than the target here: what is between them is bounded.
    keep_no_freed_memory = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
    process, base, target = attached(env={**os.environ, "ASAN_OPTIONS": keep_no_freed_memory})
    before = peak_kib(process)
    block = os.urandom(1 << 20)
    with connect(base) as client:
        sender = threading.Thread(target=lambda: [client.sendall(block) for _ in range(24)])
        sender.start()
        assert target.next_bytes(0, 24 << 20) == block * 24
        sender.join()
    assert peak_kib(process) - before < 8192


@pytest.fixture(params=["tcp", "unix"])
def small_line(crowtty, tmp_path, request):
    """(first TCP port, target) of a crowtty whose target has hardly a buffer of its own."""
    family, address = ((socket.AF_INET, ("127.0.0.1", 0)) if request.param == "tcp" else
                       (socket.AF_UNIX, str(tmp_path / "line")))
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(address)
        listener.listen()
        listener.settimeout(DEADLINE_S)
        _, base = crowtty("-q", name_of(listener) if request.param == "tcp" else f"unix:{address}")
        target = accept(listener)
    yield base, target
    target.close()


def test_who_floods_the_line_makes_nobody_wait_for_long(small_line):
    # There is always more when the line, which is slow, takes more.
    base, target = small_line
    with connect(base + 10) as flooding, connect(base + 2) as typing:
        with flood(flooding, b"x" * 65536):
            target.next_bytes(10, 1 << 20)
            typing.sendall(b"!")
            in_front = 0
            while (frame := target.next_frame()) != (2, b"!"):
                in_front += len(frame[1])
        assert in_front < 128 * 1024


def test_clients_without_a_descriptor_are_refused_told_once_and_counted(attached):
    process, base, target = attached(
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
    clients = [connect(base) for _ in range(40)]
    said = process.wait_for(r"no file descriptors for more than (\d+) clients")
    target.say(sermux.frame(0, b"x"))
    kept = 0
    for client in clients:
        with client, contextlib.suppress(ConnectionError):
            kept += client.recv(1) == b"x"
    assert 0 < kept == int(said[1]) < len(clients)
    assert process.end(signal.SIGINT) == 130
    assert process.text.count(b"no file descriptors") == 1
    assert b"%d clients were refused" % (len(clients) - kept) in process.text


def test_a_dead_client_costs_itself_only(attached):
    process, base, target = attached("--backlog", "64K", "--stall", "50")
    with connect(base + 1) as dead, connect(base) as alive:
        for _ in range(2):
            process.wait_for("host connected")
        dead.settimeout(DEADLINE_S)
        flood = sermux.frame(1, b"x" * 500) * 40000
        threading.Thread(target=lambda: target.say(flood + sermux.frame(0, b"through"))).start()
        assert receive(alive, 7) == b"through"
    assert process.end(signal.SIGTERM) == 128 + signal.SIGTERM
    assert b"a client does not read: dropping its oldest output (:1)" in process.text
    dropped = int(re.search(rb"(\d+)B dropped for a client", process.text)[1])
    assert 1000000 < dropped < 20000000


# Pseudo-terminals


def open_tty(path) -> File:
    return File(os.open(path, os.O_RDWR | os.O_NOCTTY))


def test_a_port_is_a_terminal_that_can_be_reopened(attached, tmp_path):
    process, _, target = attached("--pty", tmp_path)
    for said in (b"one\r\n", b"two\r\n"):
        terminal = open_tty(tmp_path / "port-0")
        process.wait_for(r"host opened /dev/pts/\d+ \(:0\)")
        terminal.sendall(said)
        assert target.next_bytes(0, 5) == said
        target.say(sermux.frame(0, said))
        assert terminal.recv(100) == said
        terminal.close()
        process.wait_for(r"client left \(:0\)")


def test_bytes_written_and_closed_at_once_arrive(attached, tmp_path):
    process, _, target = attached("--pty", tmp_path)
    terminal = open_tty(tmp_path / "port-0")
    terminal.sendall(b"quick")
    terminal.close()
    assert target.next_bytes(0, 5) == b"quick"


def test_a_terminal_without_a_reader_blocks_nobody(attached, tmp_path):
    process, base, target = attached("--pty", tmp_path, "--backlog", "64K", "--stall", "50")
    target.say(sermux.frame(1, b"y" * 500) * 1000 + sermux.frame(0, b"a"))
    with connect(base) as client:
        assert receive(client, 1) == b"a"
        silent = open_tty(tmp_path / "port-1")
        process.wait_for("host opened")
        target.say(sermux.frame(1, b"z" * 500) * 1000 + sermux.frame(0, b"b"))
        assert receive(client, 1) == b"b"
        silent.close()


def test_a_reopened_terminal_has_nothing_stale(attached, tmp_path):
    process, base, target = attached("--pty", tmp_path, "--stall", "50")
    silent = open_tty(tmp_path / "port-0")
    process.wait_for("host opened")
    target.say(sermux.frame(0, b"old" * 100))
    assert select.select([silent.fd], [], [], DEADLINE_S)[0]
    silent.close()
    process.wait_for("client left")
    again = open_tty(tmp_path / "port-0")
    process.wait_for("host opened")
    target.say(sermux.frame(0, b"new"))
    assert again.recv(100) == b"new"
    again.close()


def test_an_idle_crowtty_sleeps_without_a_time_limit(attached, tmp_path):
    # A hung-up terminal and an ended standard input are the usual ways into a busy loop.
    process, base, target = attached("--pty", tmp_path)
    terminal = open_tty(tmp_path / "port-1")
    process.wait_for("host opened")
    terminal.close()
    process.wait_for("client left")
    target.say(HELLO + b"\x90unfinished")
    with connect(base + 1) as client:
        receive(client, 7)
        process.wait_for("host connected")

        def endless_wait():
            """The number of its context switches, if it is in epoll with time-out -1."""
            with open(f"/proc/{process.pid}/syscall") as now:
                number, *words = now.read().split()
            if number in ("running", "-1") or int(words[3], 16) & 0xFFFFFFFF != 0xFFFFFFFF:
                return None
            with open(f"/proc/{process.pid}/status") as status:
                return re.findall(r"ctxt_switches:\s(\d+)", status.read())

        deadline = time.monotonic() + DEADLINE_S
        while not (switches := endless_wait()):
            assert time.monotonic() < deadline
        subprocess.run([crowtty_program(), "--help"], check=True,
                       stdout=subprocess.DEVNULL)
        assert endless_wait() == switches
