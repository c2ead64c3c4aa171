# SPDX-License-Identifier: MIT OR Apache-2.0
"""crowtty against a target played by the test: real sockets, real pseudo-terminals."""
import contextlib
import fcntl
import os
import pty
import random
import re
import resource
import select
import signal
import socket
import subprocess
import termios
import threading
import time
import tty

import pytest

import sermux
from conftest import DEADLINE_S, free_ports, program
from target import File, Target, accept, connect, name_of, receive, receive_all

HELLO = sermux.frame(1, b"hello\r\n")


# Ports


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


def test_who_floods_the_line_keeps_nobody_from_it(attached):
    # There is always more when the line, which is slow, takes more.
    _, base, target = attached("-q")

    def flood(client):
        with contextlib.suppress(OSError):
            while True:
                client.sendall(b"x" * 65536)

    with connect(base + 10) as flooding, connect(base + 2) as typing:
        sender = threading.Thread(target=flood, args=(flooding,))
        sender.start()
        target.next_bytes(10, 1 << 20)
        typing.sendall(b"!")
        for _ in range(16 << 11):  # of 512 bytes
            if target.next_frame() == (2, b"!"):
                break
        else:
            pytest.fail("16 MiB, and the key is not among them")
        flooding.shutdown(socket.SHUT_RDWR)
        sender.join()


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
    shown = re.sub(rb"\[.*?TEXT ", b"", process.text)
    joined = shown.replace(b"\n", b"")
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
    process = start(program("tools", "crowtty", "crowtty"), "tcp:no.such.host.invalid:9999")
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
    while not select.select([silent.fd], [], [], DEADLINE_S)[0]:
        pass
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
                words = now.read().split()
            if words[0] == "running" or int(words[4], 16) & 0xFFFFFFFF != 0xFFFFFFFF:
                return None
            with open(f"/proc/{process.pid}/status") as status:
                return re.findall(r"ctxt_switches:\s(\d+)", status.read())

        deadline = time.monotonic() + DEADLINE_S
        while not (switches := endless_wait()):
            assert time.monotonic() < deadline
        subprocess.run([program("tools", "crowtty", "crowtty"), "--help"], check=True,
                       stdout=subprocess.DEVNULL)
        assert endless_wait() == switches


# Standard input and output


def test_standard_input_is_the_keyboard_and_its_end_ends_nothing_else(attached):
    process, base, target = attached(stdin=subprocess.PIPE)
    process.wait_for(r"\[2 .*KEYB pseudo-keyboard \(SerMux port :2\) reading from STDIN")
    process.process.stdin.write(b"dup\n")
    process.process.stdin.close()
    process.process.stdin = None
    assert target.next_frame() == (2, b"dup\n")
    process.wait_for("STDIN has ended")
    with connect(base + 2) as client:
        client.sendall(b"k")
        assert target.next_frame() == (2, b"k")


def test_a_file_as_the_keyboard_is_sent_whole(attached, tmp_path):
    script = b"".join(b"%d emit\n" % i for i in range(20000))
    (tmp_path / "script").write_bytes(script)
    with open(tmp_path / "script", "rb") as stdin:
        _, _, target = attached("-k", "10", stdin=stdin)
        assert target.next_bytes(10, len(script)) == script


def test_a_terminal_is_left_as_it_was(attached):
    master, slave = pty.openpty()
    before = tty.tcgetattr(slave)
    process, _, target = attached(stdin=slave)
    process.wait_for("KEYB")
    os.write(master, b"words\n")
    assert target.next_frame() == (2, b"words\n")
    assert process.end(signal.SIGINT) == 128 + signal.SIGINT
    assert tty.tcgetattr(slave) == before
    assert os.get_blocking(slave)
    os.close(slave)
    os.close(master)


@contextlib.contextmanager
def raw_terminal(attached):
    """crowtty --raw-keyboard on a terminal: its far end, and it is raw already."""
    master, slave = pty.openpty()
    before = tty.tcgetattr(slave)

    def make_it_ours():
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    process, _, target = attached("--raw-keyboard", stdin=slave, preexec_fn=make_it_ours)
    try:
        process.wait_for(r"reading from STDIN, key by key; Ctrl-\] ends")
        os.write(master, b"a")  # only a raw terminal gives it without its line
        assert target.next_frame() == (2, b"a")
        yield process, target, master
        assert tty.tcgetattr(slave) == before
    finally:
        os.close(slave)
        os.close(master)


def test_a_raw_terminal_sends_each_key_as_it_is(attached):
    with raw_terminal(attached) as (process, target, master):
        for key in (b"\x03", b"\x04", b"\x11", b"\x1a", b"\x1c", b"\r", b"\n", b"\x1b[1;5A"):
            os.write(master, key)
            assert target.next_frame() == (2, key)
        os.write(master, b"z\x1dnot this")
        assert target.next_frame() == (2, b"z")
        assert process.process.wait(DEADLINE_S) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT,
                                    signal.SIGSEGV])
def test_a_raw_terminal_is_left_as_it_was(attached, number):
    with raw_terminal(attached) as (process, _, _):
        process.process.send_signal(number)
        assert process.process.wait(DEADLINE_S) in (128 + number, -number)


def test_a_raw_terminal_is_as_it_was_without_a_target(attached):
    with raw_terminal(attached) as (process, target, master):
        target.close()
        process.wait_for("LINE lost")
        os.write(master, b"\x03")
        assert process.process.wait(DEADLINE_S) == 128 + signal.SIGINT


def test_no_keyboard_says_where_it_is(attached):
    process, base, target = attached("--no-keyboard", stdin=subprocess.PIPE)
    process.wait_for(r"KEYB pseudo-keyboard \(SerMux port :2\) on localhost:%d" % (base + 2))


def test_ports_go_on_when_the_output_is_closed(attached):
    reader, writer = os.pipe()
    process, base, target = attached("-v", stdout=writer)
    os.close(writer)
    os.close(reader)
    with connect(base) as client:
        for _ in range(3):
            client.sendall(b"x")
            assert target.next_frame() == (0, b"x")
    assert process.end(signal.SIGTERM) == 128 + signal.SIGTERM


def test_ports_go_on_without_any_standard_stream(attached):
    process, base, target = attached("-v", preexec_fn=lambda: os.closerange(0, 3))
    with connect(base) as client:
        client.sendall(b"x")
        assert target.next_frame() == (0, b"x")
        target.say(sermux.frame(0, b"y"))
        assert receive(client, 1) == b"y"


def test_ports_go_on_when_the_output_is_not_read(attached):
    reader, writer = os.pipe()
    process, base, target = attached("-v", stdout=writer)
    os.close(writer)
    target.say(b"much text\n" * 200 * 1024 + b"\0")
    with connect(base) as client:
        client.sendall(b"x")
        assert target.next_frame() == (0, b"x")
        target.say(sermux.frame(0, b"y"))
        assert receive(client, 1) == b"y"
    process.process.send_signal(signal.SIGTERM)
    with open(reader, "rb") as late:
        shown = late.read()
    lost = int(re.search(rb"\.\.\. (\d+) lines not shown", shown)[1])
    assert lost > 10000 and 10000 < shown.count(b"TEXT much text\n") < 200 * 1024 - 10000


def test_verbose_lines(attached):
    process, base, target = attached("-v")
    with connect(base) as client:
        client.sendall(b"12345")
        process.wait_for(r"\[0 \+\d{4}\.\d{9}s\]  TCP  MUX 5B <- :0\n")
        assert target.next_frame() == (0, b"12345")
        target.say(sermux.frame(0, b"67"))
        process.wait_for(r"\[  \+\d{4}\.\d{9}s\]  TCP  MUX -> 6B\n")
        process.wait_for(r"\[0 \+\d{4}\.\d{9}s\]  TCP DMUX 2B -> :0\n")


# Beginning and end


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(attached, tmp_path, sent):
    process, base, _ = attached("--pty", tmp_path)
    assert len(list(tmp_path.iterdir())) == 10
    with connect(base):
        process.wait_for("host connected")
        assert process.end(sent) == 128 + sent
    assert list(tmp_path.iterdir()) == []
    assert all(line.startswith(b"[") for line in process.text.splitlines())


def test_symlinks_of_a_killed_crowtty_are_replaced_and_files_are_not(attached, crowtty, tmp_path):
    first, _, _ = attached("--pty", tmp_path)
    first.wait_for("KEYB")
    first.kill()
    second, _, target = attached("--pty", tmp_path)
    second.end(signal.SIGTERM)
    (tmp_path / "port-0").write_text("mine")
    third, _ = crowtty("--pty", tmp_path)
    assert third.end() == 1
    assert b"port-0: File exists" in third.text
    assert [one.name for one in tmp_path.iterdir()] == ["port-0"]


def test_a_port_in_use_is_named(crowtty, start, server):
    _, base = crowtty(name_of(server))
    target = accept(server)
    second = start(program("tools", "crowtty", "crowtty"), "--tcp-port-base", base)
    assert second.end() == 1
    assert f"TCP port {base} (for :0) is in use" in second.text.decode()
    target.close()


@pytest.mark.parametrize("arguments, said", [
    (["--frobnicate"], "unknown or ambiguous option.*--frobnicate"),
    (["-z"], "unknown option: -z"),
    (["-k"], "--keyboard-port needs an argument: PORT"),
    (["-k", "65536"], '--keyboard-port: "65536" is not a number from 0 to 65535'),
    (["--backlog", "1G"], '--backlog: "1G" is not a size'),
    (["tcp:9999"], "expected tcp:HOST:PORT"),
    (["tcp:localhost:99999"], "expected tcp:HOST:PORT"),
    (["serial:/dev/ttyS0@123"], 'not a speed of serial lines: "123"'),
    (["unix:"], "expected a path"),
    (["ttyUSB0"], '"ttyUSB0" is no target; expected tcp:HOST:PORT'),
    (["pty:", "pty:"], "unexpected argument: pty:"),
    (["replay"], "replay: which FILE"),
    (["replay", "--record", "x", "y"], "unknown.*--record"),
])
def test_usage_errors(start, arguments, said):
    process = start(program("tools", "crowtty", "crowtty"), *arguments)
    assert process.end() == 2
    assert re.search(said, process.text.decode())


def test_a_base_that_leaves_no_room_is_an_error(start):
    process = start(program("tools", "crowtty", "crowtty"), "--tcp-port-base", "65530")
    assert process.end() == 1
    assert b"the highest is 65535; choose a lower --tcp-port-base" in process.text


def test_help_and_version(start):
    for arguments, said in [(["--help"], b"Usage: crowtty"), (["--version"], b"crowtty 0."),
                            (["replay", "--help"], b"Usage: crowtty replay")]:
        process = start(program("tools", "crowtty", "crowtty"), *arguments)
        assert process.end() == 0
        assert process.text.startswith(said)
        with open("/dev/full", "w") as full:
            done = subprocess.run([program("tools", "crowtty", "crowtty"), *arguments],
                                  stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1 and "cannot write: No space left" in done.stderr


# Recordings


@pytest.fixture
def recording(attached, tmp_path):
    """A recording of an echo, a text and a hello; and where it is."""
    path = tmp_path / "recording"
    process, base, target = attached("--record", path)
    with connect(base) as client:
        client.sendall(b"ping")
        assert target.next_frame() == (0, b"ping")
        target.say(sermux.frame(0, b"pong"))
        assert receive(client, 4) == b"pong"
    target.say(b"some text\0")
    process.wait_for("TEXT some text")
    target.say(HELLO + HELLO[:2])
    target.close()
    process.wait_for("LINE lost")
    process.end(signal.SIGTERM)
    return path


def replay(start, *arguments):
    base = free_ports(16)
    return start(program("tools", "crowtty", "crowtty"), "replay", "--tcp-port-base", base,
                 *arguments), base


def test_a_recording_is_not_overwritten(start, recording):
    good = recording.read_bytes()
    process = start(program("tools", "crowtty", "crowtty"), "--record", recording)
    assert process.end() == 1
    assert "it exists" in process.text.decode()
    assert recording.read_bytes() == good


def test_a_start_that_failed_leaves_the_name_free(start, tmp_path):
    for _ in range(2):
        process = start(program("tools", "crowtty", "crowtty"), "--record", tmp_path / "new",
                        "--tcp-port-base", free_ports(16), f"unix:{tmp_path / 'absent'}")
        assert process.end() == 1
        assert "cannot connect" in process.text.decode()


def test_replay_serves_clients(start, recording):
    process, base = replay(start, "--speed", "1000", "--wait", recording)
    deadline = time.monotonic() + DEADLINE_S
    while True:
        try:
            client = connect(base)
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
    with client:
        assert receive_all(client) == b"pong"
    assert process.end() == 0
    assert re.search(rb"PLAY TEXT some text\n", process.text)


def test_replay_keeps_the_pace(start, recording):
    process, _ = replay(start, recording)
    process.wait_for("TEXT some text")
    assert process.end() == 0


def test_replay_waits_for_the_reader_of_its_lines(attached, start, tmp_path):
    # Several times what the log keeps for a reader that is late.
    process, _, target = attached("--record", tmp_path / "long")
    receive(target.sock, 1)  # what is not read when a socket closes takes the rest with it
    target.say(HELLO * 300000)
    target.close()
    process.wait_for("LINE lost")
    process.end(signal.SIGTERM)
    player, _ = replay(start, "--speed", "max", "-v", tmp_path / "long")
    assert player.end() == 0
    assert player.text.count(b"DMUX 7B -> :1\n") == 300000


def test_dump_lists_both_directions(start, recording):
    process, _ = replay(start, "--dump", recording)
    assert process.end() == 0
    lines = process.text.decode().splitlines()
    assert all(re.match(r"\+\d{4}\.\d{9}s ", line) for line in lines)
    assert "-- line up 127.0.0.1" in lines[0]
    assert [line.split()[1:] for line in lines[1:]] == [
        ["<-", "lone", "zero", "0B", '""'],
        ["<-", ":0", "4B", '"ping"'],
        ["->", ":0", "4B", '"pong"'],
        ["->", "text", "9B", '"some', 'text"'],
        ["->", ":1", "7B", '"hello\\r\\n"'],
        ["->", "unfinished", "2B", '"\\x02\\x01"'],
        ["--", "line", "down"],
    ]


def test_a_dump_that_cannot_be_written_is_told(recording):
    with open("/dev/full", "w") as full:
        result = subprocess.run([program("tools", "crowtty", "crowtty"), "replay", "--dump",
                                 recording], stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1
    assert "No space left" in result.stderr


def test_a_damaged_recording_opens_up_to_the_damage(start, recording):
    good = recording.read_bytes()
    at = good.index(b"some text")
    for damage, where in [(good[:at], "cut off in the data"),
                          (good[: at - 5], "cut off in the head"),
                          (good.replace(b"some text", b"some test"), "wrong checksum"),
                          (good[: at - 20] + b"\xff" * 99, "not the head of a record")]:
        recording.write_bytes(damage)
        process, _ = replay(start, "--dump", recording)
        assert process.end() == 1
        text = process.text.decode()
        assert '"pong"' in text and "some te" not in text
        assert f"is damaged at byte {at - 20} of {len(damage)} ({where}" in text


def test_what_is_no_recording_is_refused(start, tmp_path):
    (tmp_path / "other").write_bytes(b"Extended M-Code " * 9)
    (tmp_path / "empty").write_bytes(b"")
    for name, said in [("other", "is not a recording"), ("empty", "beginning is cut off"),
                       ("absent", "No such file"), ("", "Is a directory")]:
        process, _ = replay(start, tmp_path / name)
        assert process.end() == 1
        assert said in process.text.decode()
