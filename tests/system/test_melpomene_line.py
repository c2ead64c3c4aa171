# SPDX-License-Identifier: MIT OR Apache-2.0
"""melpomene's serial line: what it carries, and that clients come, vanish and stop to read."""
import os
import select
import signal
import socket
import threading

import pytest

import sermux
from conftest import DEADLINE_S, ROOT
from simulator import QUIET, Line, board, melpomene  # noqa: F401 - a fixture is used by its name
from target import File

# Payloads of the multiplex's test vectors, those that a default target answers.
PAYLOADS = {
    "S1": b"!",
    "S4": bytes.fromhex("110022000033"),
    "S5": bytes(3),
    "S8": b"dup\n",
    "S9": b"\xff",
    "S10": b"\x11" * 251,
    "S11": b"\x11" * 252,
    "S12": b"\x11" * 253,
    "S13": b"\x11" * 254,
    "S14": b"\x11" * 255,
    "S15": b"\x11" * 256,
    "S20": b"\x11" * 506,
    "S22": bytes(256),
    "S23": bytes(range(1, 256)),
}
# And what is no frame, too long, or for a port that nobody has: it disturbs nothing.
REFUSED = {
    "S2": sermux.frame(0x4269, bytes([1, 2, 3, 4])),
    "S6": bytes.fromhex("01010100"),
    "S7": bytes.fromhex("020a0100"),
    "S16": sermux.frame(0x4269, b"\x11" * 251),
    "S17": sermux.frame(0x4269, b"\x11" * 252),
    "S18": sermux.frame(0x4269, b"\x11" * 253),
    "S19": sermux.frame(0x4269, b"\x11" * 254),
    "S21": sermux.frame(0x4269, b"\x11" * 507),
    "one too long": sermux.frame(0, b"\x11" * 508),
    "zeros": bytes(5),
    "too short": b"\x01\0",
    "beyond the end": b"\x05\x01\x02\0",
    "endless": b"\x11" * 600 + b"\0",
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_frames_are_answered_byte_for_byte(melpomene, tmp_path, name):
    line = melpomene("--config", board(tmp_path, QUIET)).connect()
    payload = PAYLOADS[name]
    line.say(sermux.frame(0, payload))
    if len(payload) <= 128:  # fits the port's ring, so it comes back as one frame
        want = sermux.frame(0, payload)
        assert receive(line.sock, len(want)) == want
    else:
        assert line.payload(0, len(payload)) == payload


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_frame_for_it_disturbs_nothing(melpomene, tmp_path, name):
    line = melpomene("--config", board(tmp_path, QUIET)).connect()
    line.say(REFUSED[name] + sermux.frame(0, b"still there"))
    assert line.next_frame() == (0, b"still there")
    assert not line.receiver.bad


def receive(sock, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        assert more, f"closed after {data!r}"
        data += more
    return data


def test_hello_comes_once_a_second(melpomene):
    machine = melpomene("--time=virtual", "--trace", "off")
    line = machine.connect()
    assert [line.next_frame() for _ in range(1000)] == [(1, b"hello\r\n")] * 1000


def test_virtual_time_serves_devices_between_its_jumps(melpomene, tmp_path):
    greets = QUIET + "[services.sermux_hello]\nenabled = true\n"
    line = melpomene("--config", board(tmp_path, greets), "--time=virtual").connect()
    for _ in range(100):
        assert line.echo(b"between") == b"between"


def test_first_hello_comes_after_a_second_of_real_time(melpomene):
    line = melpomene().connect()
    assert line.next_frame() == (1, b"hello\r\n")


def test_the_next_client_is_served_after_the_first(melpomene):
    machine = melpomene()
    first = machine.connect()
    assert first.echo(b"first") == b"first"
    second, third = machine.connect(), machine.connect()
    second.say(sermux.frame(0, b"second"))
    assert first.echo(b"first again") == b"first again"
    assert not select.select([second.sock], [], [], 0)[0]
    first.close()
    assert second.payload(0, 6) == b"second"
    second.close()
    assert third.echo(b"third") == b"third"


def test_a_client_that_vanishes_in_mid_frame_leaves_nothing_behind(melpomene):
    machine = melpomene()
    for end in (Line.close, Line.vanish):
        line = machine.connect()
        line.echo(b"here")
        line.say(sermux.frame(0, b"cut off here")[:-4])
        end(line)
        next_line = machine.connect()
        next_line.say(sermux.frame(0, b"whole"))
        assert next_line.payload(0, 5) == b"whole"
        assert not next_line.receiver.bad
        next_line.close()


def test_a_client_that_goes_while_it_waits_for_its_turn_is_passed_over(melpomene, tmp_path):
    machine = melpomene("--config", board(tmp_path, QUIET))
    first = machine.connect()
    first.echo(b"first")
    machine.connect().close()
    machine.connect().vanish()
    last = machine.connect()
    first.close()
    assert last.echo(b"last") == b"last"


def flood(line, bytes_):
    try:
        line.say(bytes_)
    except OSError:
        pass


@pytest.mark.parametrize("end", [Line.close, Line.vanish])
def test_a_client_that_vanishes_in_a_flood_leaves_nothing_behind(melpomene, tmp_path, end):
    machine = melpomene("--config", board(tmp_path, QUIET))
    line = machine.connect()
    thread = threading.Thread(target=flood, args=(line, sermux.frame(0, b"x" * 100) * 100000))
    thread.start()
    for _ in range(100):
        assert line.next_frame()[0] == 0
    line.sock.shutdown(socket.SHUT_RDWR)
    thread.join()
    end(line)
    after = machine.connect()
    after.say(sermux.frame(0, b"clean"))
    assert receive(after.sock, 9) == sermux.frame(0, b"clean")


def test_a_client_that_does_not_read_and_vanishes_blocks_nobody(melpomene, tmp_path):
    machine = melpomene("--config", board(tmp_path, QUIET))
    line = machine.connect()
    line.sock.setblocking(False)
    data = sermux.frame(0, b"y" * 200) * 1000
    with pytest.raises(BlockingIOError):  # until all buffers between us are full
        while True:
            line.sock.send(data)
            select.select([], [line.sock], [], 0.1)
    line.vanish()
    after = machine.connect()
    after.say(sermux.frame(0, b"next"))
    assert after.next_frame() == (0, b"next")
    assert not after.receiver.bad


def test_without_a_client_nobody_waits_for_one(melpomene, tmp_path):
    """Small rings, and far more to say than they hold."""
    config = tmp_path / "small.toml"
    config.write_text((ROOT / "platforms/melpomene/melpomene.toml").read_text()
                      .replace("65536", "64"))
    machine = melpomene("--config", config, "--time=virtual", "--exit-after=1000s", "--dump",
                        "--account")
    assert machine.process.end() == 0
    machine.process.wait_for(r"hello #\d+ at \S+ waits for time")
    assert int(machine.process.wait_for(r"hello #\d+: (\d+) polls").group(1)) >= 1000
    machine.process.wait_for("nobody is connected; in the rings 0 and 0 bytes")


def test_all_answers_come_before_the_line_is_closed(melpomene, tmp_path):
    """Also those that wait for the client to read when it ends its sending."""
    machine = melpomene("--config", board(tmp_path, QUIET))
    line = machine.connect(receive_buffer=4096)
    count = 40000

    def send():
        line.say(sermux.frame(0, b"z" * 100) * count)
        line.sock.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    assert line.payload(0, 100 * count) == b"z" * 100 * count
    assert line.sock.recv(1) == b""
    sender.join()


def test_twenty_megabytes_come_back_as_they_were(melpomene, tmp_path):
    line = melpomene("--config", board(tmp_path, QUIET)).connect()
    block = os.urandom(1 << 16)
    pieces = [block[at : at + 506] for at in range(0, len(block), 506)]
    wire = b"".join(sermux.frame(0, piece) for piece in pieces)
    rounds = 20 * (1 << 20) // len(block)
    sender = threading.Thread(target=lambda: [line.say(wire) for _ in range(rounds)])
    sender.start()
    got = b""
    for _ in range(rounds):
        while len(got) < len(block):
            port, payload = line.next_frame()
            got += payload
        assert got[: len(block)] == block
        got = got[len(block) :]
    sender.join()
    assert got == b""


def test_a_pseudo_terminal_serves_one_after_the_other(melpomene, tmp_path):
    machine = melpomene("--config", board(tmp_path, QUIET), "--serial", "pty",
                        "--trace=info,melpomene=debug")
    path = machine.address()
    for payload in (b"one", b"\x03\x04\r\n\xff", b"three" * 5000):
        line = Line(File(os.open(path, os.O_RDWR | os.O_NOCTTY)))
        assert line.echo(payload[:400]) == payload[:400]
        assert not line.receiver.bad
        line.say(sermux.frame(0, payload)[:100])  # and goes in mid-frame
        line.close()
        machine.process.wait_for("client gone")


def unix_line(path) -> Line:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(DEADLINE_S)
    sock.connect(str(path))
    return Line(sock)


def test_a_unix_socket_goes_with_the_machine(melpomene, tmp_path):
    path = tmp_path / "line"
    machine = melpomene("--serial", f"unix:{path}")
    assert machine.address() == f"unix:{path}"
    line = unix_line(path)
    assert line.echo(b"unix") == b"unix"
    assert machine.process.end(signal.SIGTERM) == 128 + signal.SIGTERM
    assert not path.exists()
    line.close()


def test_a_unix_socket_of_a_killed_machine_is_used_again(melpomene, tmp_path):
    path = tmp_path / "line"
    machine = melpomene("--serial", f"unix:{path}")
    machine.address()
    machine.process.end(signal.SIGKILL)
    assert path.exists()
    melpomene("--serial", f"unix:{path}").address()
    line = unix_line(path)
    assert line.echo(b"again") == b"again"
    line.close()


def test_ipv6(melpomene):
    machine = melpomene("--serial", "[::1]:0")
    assert machine.connect().echo(b"six") == b"six"
