# SPDX-License-Identifier: MIT OR Apache-2.0
"""Recordings: made, played, listed, damaged."""
import re
import signal
import subprocess

import pytest

import sermux
from conftest import crowtty_program, free_ports
from target import HELLO, connect, receive, receive_all


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
    return start(crowtty_program(), "replay", "--tcp-port-base", base,
                 *arguments), base


def test_a_recording_is_not_overwritten(start, recording):
    good = recording.read_bytes()
    process = start(crowtty_program(), "--record", recording)
    assert process.end() == 1
    assert "it exists" in process.text.decode()
    assert recording.read_bytes() == good


def test_a_start_that_failed_leaves_the_name_free(start, tmp_path):
    for _ in range(2):
        process = start(crowtty_program(), "--record", tmp_path / "new",
                        "--tcp-port-base", free_ports(16), f"unix:{tmp_path / 'absent'}")
        assert process.end() == 1
        assert "cannot connect" in process.text.decode()


def test_replay_serves_clients(start, recording):
    process, base = replay(start, "--speed", "1000", "--wait", recording)
    process.wait_for("ports on 127.0.0.1")
    with connect(base) as client:
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
        result = subprocess.run([crowtty_program(), "replay", "--dump",
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
