# SPDX-License-Identifier: MIT OR Apache-2.0
"""crowtty's line: text, noise and frames on it, and its ends."""
import os
import pty
import random
import re
import signal
import socket
import tty

import pytest

import sermux
from conftest import crowtty_program, free_ports
from target import HELLO, File, Target, accept, connect, receive, receive_all


# Text and noise


def test_plain_text_is_shown_line_by_line(attached):
    process, _, target = attached()
    target.say(b"\0\r\npanicked at 'oh'\r\nSchl\xc3\xbcssel\r\n\0")
    process.wait_for(r"\[  \+\d{4}\.\d{9}s\]  TCP TEXT panicked at 'oh'\n")
    process.wait_for("TCP TEXT Schlüssel\n")


def test_text_without_a_zero_is_shown_after_a_moment(attached):
    process, _, target = attached()
    target.say(b"U-Boot 2023.01\r\nautoboot in 3")
    process.wait_for("TEXT U-Boot 2023.01\n")
    process.wait_for("TEXT autoboot in 3\n")


def test_text_directly_in_front_of_a_frame_hides_neither(attached):
    process, base, target = attached()
    target.say(b"boot is done\r\n" + HELLO)
    process.wait_for("TEXT boot is done\n")
    with connect(base + 1) as client:
        assert receive(client, 7) == b"hello\r\n"


def test_a_text_that_is_cobs_by_chance_is_shown(attached):
    process, _, target = attached()
    text = b"'a line of thirty-eight characters..."
    assert len(text) == text[0] - 2 and sermux.cobs_decode(text + b"!!")
    target.say(text + b"!!\0")
    process.wait_for(r"TEXT 'a line of thirty-eight characters\.\.\.!!\n")


def test_a_line_longer_than_a_screen_is_shown_whole(attached):
    process, _, target = attached()
    target.say(b"a" * 12000 + b"end\0")
    process.wait_for("aend\n")
    assert sum(map(len, re.findall(rb"TEXT (a+)", process.text))) == 12000


def test_a_long_text_is_shown_whole(attached):
    process, _, target = attached()
    target.say(b"".join(b"line %06d\n" % i for i in range(5000)) + b"\0")
    process.wait_for("line 004999")
    joined = b"".join(re.findall(rb"(?m)^\[.*? TEXT (.*)$", process.text))  # DMUX has a word, too
    assert all(b"line %06d" % i in joined for i in range(5000))


def test_bad_frames_are_reported_once_and_counted_by_kind(attached):
    process, base, target = attached()
    bad = b"\x05\x01\x02\0" * 3 + b"\x02\x0a\x01\0" * 2 + b"\x80" * 20000 + b"\0"
    target.say(HELLO + bad + HELLO)
    with connect(base + 1) as client:
        assert receive(client, 14) == b"hello\r\n" * 2
    process.end(signal.SIGTERM)
    assert process.text.count(b"ERR! bad frame, not COBS") == 1
    assert b"2 frames; bad: 3 not COBS, 2 too short, 1 too long" in process.text


@pytest.mark.parametrize("seed", range(8))
def test_noise_never_costs_the_frame_behind_it(attached, seed):
    process, base, target = attached()
    chance = random.Random(seed)
    expected = b""
    with connect(base + 10) as client:
        for turn in range(200):
            length = chance.choice((0, 1, 3, 30, 300, 3000, 20000))
            alphabet = chance.choice((b"\x01\x02\x03", bytes(range(1, 256)), b"plain text\n"))
            target.say(bytes(chance.choices(alphabet, k=length)) + b"\0")
            target.say(sermux.frame(10, b"<%d>" % turn))
            expected += b"<%d>" % turn
        assert receive(client, len(expected)) == expected


def test_the_tail_of_a_frame_at_the_start_is_not_an_error(attached):
    process, base, target = attached()
    target.say(b"\x90tail\0" + HELLO)
    with connect(base + 1) as client:
        assert receive(client, 7) == b"hello\r\n"
    process.end(signal.SIGTERM)
    assert b"ERR!" not in process.text


def test_a_line_that_does_not_speak_sermux_is_said_so_once(attached):
    process, base, target = attached("-v")
    noise = b"\xf0\x9d\x81\xfe\x80" * 1000
    target.say(noise)
    match = process.wait_for(r"does not look like sermux: (\d+) bytes and not one good frame")
    assert int(match[1]) >= 2048
    target.say(noise + b"\0" + HELLO)
    process.wait_for("DMUX 7B -> :1")
    assert process.text.count(b"does not look like sermux") == 1


def test_boot_messages_are_no_reason_for_suspicion_but_a_log_without_end_is(attached):
    process, _, target = attached()
    target.say(b"starting ...\r\n" * 300 + b"\0done\0")
    process.wait_for("TEXT done")
    assert b"sermux:" not in process.text
    target.say(b"still a log\r\n" * 2000 + b"\0")
    process.wait_for("does not look like sermux")


# The line


def test_a_target_that_is_not_there_is_an_error(crowtty):
    port = free_ports(1)
    process, _ = crowtty(f"tcp:127.0.0.1:{port}")
    assert process.end() == 1
    assert f"cannot connect to 127.0.0.1:{port}: connection refused" in process.text.decode()


def test_an_unknown_host_is_an_error(start):
    process = start(crowtty_program(), "tcp:no.such.host.invalid:9999")
    assert process.end() == 1
    assert b"cannot connect to no.such.host.invalid:9999: " in process.text


def test_wait_waits_for_the_target(crowtty):
    port = free_ports(1)
    process, base = crowtty("--wait", f"tcp:127.0.0.1:{port}")
    process.wait_for("waiting for 127.0.0.1")
    with connect(base) as client, socket.create_server(("127.0.0.1", port)) as listener:
        client.sendall(b"early")
        target = accept(listener)
        assert target.next_frame() == (0, b"early")
        target.close()


def test_clients_stay_while_the_target_restarts(attached, server):
    process, base, target = attached()
    with connect(base) as client:
        client.sendall(b"1")
        assert target.next_frame() == (0, b"1")
        target.say(b"\x90\x80half a frame")
        target.close()
        process.wait_for("LINE lost .*: the other end closed it")
        again = accept(server)
        again.say(sermux.frame(0, b"back"))
        assert receive(client, 4) == b"back"
        client.sendall(b"2")
        assert again.next_frame() == (0, b"2")
        process.wait_for("LINE connected to .* again")
        again.close()


def test_no_reconnect_ends_when_the_target_goes(attached):
    process, base, target = attached("--no-reconnect")
    with connect(base) as client:
        target.say(sermux.frame(0, b"last words"))
        assert receive(client, 10) == b"last words"
        target.close()
        assert process.end() == 1
        assert receive_all(client) == b""
    assert b"lost 127.0.0.1" in process.text


def test_a_unix_socket_is_a_target(crowtty, tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "line"))
        listener.listen()
        _, base = crowtty(f"unix:{tmp_path}/line")
        target = accept(listener)
        with connect(base) as client:
            client.sendall(b"u")
            assert target.next_frame() == (0, b"u")
        target.close()


def test_a_target_attaches_to_a_pty_and_comes_back(crowtty):
    process, base = crowtty("pty:")
    path = process.wait_for(r"waiting for the target on (/dev/pts/\d+)")[1]
    with connect(base) as client:
        for said in (b"a", b"b"):
            target = Target(File(os.open(path, os.O_RDWR | os.O_NOCTTY)))
            process.wait_for("LINE connected")
            client.sendall(said)
            assert target.next_frame() == (0, said)
            target.say(sermux.frame(0, said.upper()))
            assert receive(client, 1) == said.upper()
            target.close()
            process.wait_for("LINE lost")


def test_a_serial_line_is_raw_and_locked(crowtty):
    master, slave = pty.openpty()
    path = os.ttyname(slave)
    target = Target(File(master))
    process, base = crowtty(f"serial:{path}@230400")
    process.wait_for("LINE connected")
    everything = bytes(range(256))
    with connect(base) as client:
        client.sendall(everything)
        assert target.next_bytes(0, 256) == everything
        target.say(sermux.frame(0, everything))
        assert receive(client, 256) == everything
    assert tty.tcgetattr(slave)[4] == tty.B230400
    second, _ = crowtty(f"serial:{path}")
    assert second.end() == 1
    assert b"resource busy" in second.text
    os.close(slave)
    target.close()
