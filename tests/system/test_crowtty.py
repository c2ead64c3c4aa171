# SPDX-License-Identifier: MIT OR Apache-2.0
"""crowtty as a user starts it: its options, its output, its ends."""
import os
import re
import signal
import subprocess

import pytest

import sermux
from conftest import crowtty_program
from target import accept, connect, name_of, receive


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


def test_a_hangup_that_is_ignored_ends_nothing(attached):
    process, base, target = attached(
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))  # as nohup(1) does
    process.process.send_signal(signal.SIGHUP)
    with connect(base) as client:
        client.sendall(b"x")
        assert target.next_frame() == (0, b"x")
    assert process.end(signal.SIGTERM) == 128 + signal.SIGTERM


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
    second = start(crowtty_program(), "--tcp-port-base", base)
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
    process = start(crowtty_program(), *arguments)
    assert process.end() == 2
    assert re.search(said, process.text.decode())


def test_a_base_that_leaves_no_room_is_an_error(start):
    process = start(crowtty_program(), "--tcp-port-base", "65530")
    assert process.end() == 1
    assert b"the highest is 65535; choose a lower --tcp-port-base" in process.text


def test_help_and_version(start):
    for arguments, said in [(["--help"], b"Usage: crowtty"), (["--version"], b"crowtty 0."),
                            (["replay", "--help"], b"Usage: crowtty replay")]:
        process = start(crowtty_program(), *arguments)
        assert process.end() == 0
        assert process.text.startswith(said)
        with open("/dev/full", "w") as full:
            done = subprocess.run([crowtty_program(), *arguments],
                                  stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1 and "cannot write: No space left" in done.stderr


# Output


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
