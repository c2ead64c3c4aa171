# SPDX-License-Identifier: MIT OR Apache-2.0
"""crowtty screenshot: what a screen shows becomes a PNG, whole or not at all, and whatever is in
the way is told. The target is played by the test; the last ones are real.
"""
import contextlib
import os
import resource
import signal
import threading

import pytest
from PIL import Image

from conftest import ROOT, crowtty_program, free_ports, on_board, on_host, program
import sermux
import shotwire
from shotwire import GRAY8, MONO, RGB565, RGB888
from target import accept, connect, name_of, receive
from test_virtio import SIZE, board, said  # noqa: F401 (board is a fixture)


@pytest.fixture
def shoot(start, server):
    """shoot(file, option...) -> (process, target)"""
    targets = []

    def run(path, *options, **more):
        process = start(crowtty_program(), "screenshot", *options, path, name_of(server), **more)
        targets.append(accept(server))
        return process, targets[-1]

    yield run
    for target in targets:
        target.close()


def asked(target):
    """The id of the first request."""
    stream = b""
    while not shotwire.requests(stream):
        port, payload = target.next_frame()
        assert port == shotwire.PORT
        stream += payload
    [(kind, number)] = shotwire.requests(stream)
    assert kind == "take"
    return number


def say(target, *messages):
    """In frames of any size, as they may come."""
    data = b"".join(messages)
    for at in range(0, len(data), 100):
        target.say(sermux.frame(shotwire.PORT, data[at:at + 100]))


# 9 x 2 pixels in each format: (format, packed, rows of the PNG)
PICTURES = {
    "mono": (MONO, shotwire.literal(b"\xa5\x80\x5a\x00", 1), [
        bytes(255 * bit for bit in (1, 0, 1, 0, 0, 1, 0, 1, 1)),
        bytes(255 * bit for bit in (0, 1, 0, 1, 1, 0, 1, 0, 0))]),
    "gray8": (GRAY8, shotwire.literal(bytes(range(9)), 1) + shotwire.above(9),
              [bytes(range(9))] * 2),
    "rgb565": (RGB565, shotwire.run(9, b"\x21\x84") + shotwire.literal(b"\x1f\x00\x00\xf8\xe0\x07",
                                                                       2) +
               shotwire.above(6),
               [bytes([132, 134, 8]) * 9,
                bytes([0, 0, 255, 255, 0, 0, 0, 255, 0]) + bytes([132, 134, 8]) * 6]),
    "rgb888": (RGB888, shotwire.run(18, b"\x01\x02\x03"), [bytes([3, 2, 1]) * 9] * 2),
}


@on_host
@pytest.mark.parametrize("name", PICTURES)
def test_picture_of_each_format(shoot, tmp_path, name):
    form, packed, rows = PICTURES[name]
    path = tmp_path / "a.png"
    process, target = shoot(path)
    answer = shotwire.Answer(asked(target))
    say(target, b"tail\0\0", shotwire.Answer(0).refused(11), answer.picture(form, 9, 2),
        answer.pixels(0, packed), answer.end())
    assert process.end() == 0
    assert shotwire.png(path.read_bytes()) == (9, 2, rows)
    assert process.text.startswith(f"{path}: 9 x 2 pixels, ".encode())


@on_host
def test_standard_output_gets_the_png_alone_and_mixed_frames_are_told(shoot):
    process, target = shoot("-")
    answer = shotwire.Answer(asked(target))
    say(target, answer.picture(GRAY8, 300, 5, mixed=True),
        answer.pixels(0, shotwire.run(600, b"x")),
        answer.pixels(600, shotwire.run(900, b"y")), answer.end())
    assert process.end() == 0
    image, _, said = process.text.partition(b"crowtty: ")
    assert b"not the memory for a whole picture" in said
    assert shotwire.png(image) == (300, 5, [b"x" * 300] * 2 + [b"y" * 300] * 3)


REFUSALS = {
    "no screen": (lambda answer: [answer.refused(shotwire.NOT_FOUND)], "has no screen"),
    "no memory": (lambda answer: [answer.refused(shotwire.NO_MEMORY)], "not the memory for a row"),
    "later": (lambda answer: [answer.picture(GRAY8, 9, 9), answer.refused(shotwire.TIMED_OUT)],
              "cannot read its screen: timed out"),
    "lost": (lambda answer: [answer.picture(GRAY8, 9, 9), answer.pixels(9, b"\x05x")],
             "bytes were lost or changed"),
    "changed": (lambda answer: [answer.picture(GRAY8, 9, 1), answer.pixels(0, b"\x25x"),
                                answer.end(change=1)],
                "bytes were lost or changed"),
    "endless": (lambda answer: [answer.picture(GRAY8, 9, 1), b"x" * 9999 + b"\0"],
                "bytes were lost or changed"),
    "huge": (lambda answer: [answer.picture(GRAY8, 16384, 16384)], "bytes were lost or changed"),
}


@on_host
@pytest.mark.parametrize("case", REFUSALS)
def test_what_goes_wrong_is_told_and_leaves_what_was_there(shoot, tmp_path, case):
    messages, said = REFUSALS[case]
    path = tmp_path / "a.png"
    path.write_bytes(b"before")
    process, target = shoot(path)
    say(target, *messages(shotwire.Answer(asked(target))))
    assert process.end() == 1
    assert said in process.text.decode()
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]
    assert path.read_bytes() == b"before"


@on_host
def test_silence_is_told_before_and_after_the_beginning(shoot, tmp_path):
    process, target = shoot(tmp_path / "a.png", "--timeout", "1")
    asked(target)
    silent, other = shoot(tmp_path / "b.png", "--timeout", "1")
    say(other, shotwire.Answer(asked(other)).picture(GRAY8, 9, 9))
    assert process.end() == 1
    assert b"nothing comes from there" in process.text
    assert silent.end() == 1
    assert b"stopped in the middle" in silent.text
    assert not list(tmp_path.iterdir())


@on_host
def test_interrupt_takes_the_request_back_and_leaves_no_file(shoot, tmp_path):
    process, target = shoot(tmp_path / "a.png")
    number = asked(target)
    say(target, shotwire.Answer(number).picture(RGB565, 800, 600))
    assert process.end(signal.SIGINT) == 130
    stream = b""
    with pytest.raises(EOFError):
        while True:
            stream += target.next_frame()[1]
    assert shotwire.requests(stream)[-1] == ("cancel", number)
    assert not list(tmp_path.iterdir())


@on_host
def test_a_hangup_that_is_ignored_ends_nothing(shoot, tmp_path):
    process, target = shoot(
        tmp_path / "a.png",
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))  # as nohup(1) does
    asked(target)
    process.process.send_signal(signal.SIGHUP)
    assert process.end(signal.SIGTERM) == 128 + signal.SIGTERM


@on_host
def test_place_that_cannot_be_written_is_told_before_the_target_is_asked(start, tmp_path):
    (tmp_path / "directory").mkdir()
    for name, why in {"none/a.png": "No such file or directory",
                      "directory": "Is a directory"}.items():
        process = start(crowtty_program(), "screenshot", tmp_path / name, f"unix:{tmp_path}/none")
        assert process.end() == 1
        assert process.text == f"crowtty: cannot write {tmp_path / name}: {why}\n".encode()


@on_host
def test_full_disk_leaves_nothing(shoot, tmp_path):
    def fill_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))

    process, target = shoot(tmp_path / "a.png", preexec_fn=fill_disk)
    answer = shotwire.Answer(asked(target))
    say(target, answer.picture(GRAY8, 1, 1), answer.pixels(0, b"\x04x"), answer.end())
    assert process.end() == 1
    assert process.text == f"crowtty: cannot write {tmp_path}/a.png: File too large\n".encode()
    assert not list(tmp_path.iterdir())


@on_host
def test_what_another_writes_there_now_is_not_touched(shoot, tmp_path):
    other = tmp_path / "a.png.part"
    other.write_bytes(b"half a picture")
    process, target = shoot(tmp_path / "a.png")
    answer = shotwire.Answer(asked(target))
    say(target, answer.picture(GRAY8, 1, 1), answer.pixels(0, b"\x04x"), answer.end())
    assert process.end() == 0
    assert other.read_bytes() == b"half a picture"


@on_host
def test_what_is_no_file_is_written_to_and_not_replaced(shoot, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    process, target = shoot(tmp_path / "fifo")
    answer = shotwire.Answer(asked(target))
    say(target, answer.picture(GRAY8, 1, 1), answer.pixels(0, b"\x04x"), answer.end())
    assert shotwire.png((tmp_path / "fifo").read_bytes()) == (1, 1, [b"x"])
    assert process.end() == 0


@on_host
@pytest.mark.parametrize("before", [True, False], ids=["to a file", "to nothing"])
def test_link_stays_one(shoot, tmp_path, before):
    """As /dev/stdout is."""
    (tmp_path / "link").symlink_to(tmp_path / "file")
    if before:
        (tmp_path / "file").write_bytes(b"longer than the picture" * 99)
    process, target = shoot(tmp_path / "link")
    answer = shotwire.Answer(asked(target))
    say(target, answer.picture(GRAY8, 1, 1), answer.pixels(0, b"\x04x"), answer.end())
    assert process.end() == 0
    assert (tmp_path / "link").is_symlink()
    assert shotwire.png((tmp_path / "file").read_bytes()) == (1, 1, [b"x"])


@pytest.fixture
def shoot_through(attached, start):
    """(shoot(path) -> process, target): through one crowtty that has the line."""
    _, base, target = attached()
    options = ("screenshot", "--tcp-port-base", base)
    return lambda path: start(crowtty_program(), *options, path), target


def asked_by(target, count, but=()):
    """The ids of so many hosts, without those that are known."""
    stream, numbers = b"", set()
    while len(numbers) < count:
        port, payload = target.next_frame()
        if port == shotwire.PORT:
            stream += payload
            numbers = {number for _, number in shotwire.requests(stream)} - set(but)
    return numbers


@on_host
def test_through_the_crowtty_that_runs(shoot_through, tmp_path):
    """Two at once: each takes what is its own."""
    shoot, target = shoot_through
    shots = [shoot(tmp_path / name) for name in ("a", "b")]
    for number in asked_by(target, 2):
        answer = shotwire.Answer(number)
        say(target, answer.picture(GRAY8, 1, 1), answer.pixels(0, b"\x04x"), answer.end())
    assert [shot.end() for shot in shots] == [0, 0]
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != b""


@on_host
def test_one_that_is_killed_does_not_spoil_the_next(shoot_through, tmp_path):
    """The crowtty between keeps what nobody takes, and gives it to who comes next."""
    shoot, target = shoot_through
    killed = shoot(tmp_path / "a")
    [first] = asked_by(target, 1)
    late = shotwire.Answer(first)
    say(target, late.picture(GRAY8, 9, 9), late.pixels(0, shotwire.run(40, b"x")))
    killed.end(signal.SIGKILL)
    say(target, late.pixels(40, shotwire.run(41, b"x")))
    shot = shoot(tmp_path / "b")
    [number] = asked_by(target, 1, but=[first])
    answer = shotwire.Answer(number)
    say(target, late.end(), answer.picture(GRAY8, 1, 1), answer.pixels(0, b"\x04x"), answer.end())
    assert shot.end() == 0
    assert [file.name for file in tmp_path.iterdir()] == ["b"]


@on_host
def test_usage_is_told(start):
    crowtty = crowtty_program()
    for arguments, said in (([], "to which FILE?"), (["a", "tcp:a:1", "b"], "unexpected argument"),
                            (["--timeout", "0", "a"], "from 1 to 3600")):
        process = start(crowtty, "screenshot", *arguments)
        assert process.end() == 2
        assert said in process.text.decode()
    nowhere = start(crowtty, "screenshot", "a.png", f"tcp:127.0.0.1:{free_ports(1)}")
    assert nowhere.end() == 1


# ---- Real targets ------------------------------------------------------------------------------


def join(one, other):
    """What comes from either socket goes to the other, until one is closed."""

    def copy(source, to):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                to.sendall(data)

    for ends in ((one, other), (other, one)):
        threading.Thread(target=copy, args=ends, daemon=True).start()


@on_host
def test_simulator_sends_what_it_writes_itself(start, tmp_path):
    """Colours and letters, on a terminal; through a crowtty, as people do."""
    own, sent, line = (tmp_path / name for name in ("own.png", "sent.png", "line"))
    crowtty, base = crowtty_program(), free_ports(16)
    target = start(program("platforms", "melpomene", "melpomene"), "--no-window", "--config",
                   ROOT / "platforms/melpomene/demos/terminal.toml", "--serial", f"unix:{line}",
                   "--screenshot", own)
    target.wait_for("serial line: ")
    start(crowtty, "--tcp-port-base", base, f"unix:{line}").wait_for("port 5: 80 columns")
    with connect(base + 5) as terminal:
        terminal.sendall(b"\x1b[1;31mred \x1b[44mon blue\x1b[0m \xc3\xa4\xe2\x94\x80\x1b[6n")
        assert receive(terminal, 7) == b"\x1b[1;15R"  # where the cursor is: all is shown
    process = start(crowtty, "screenshot", "--tcp-port-base", base, sent)
    assert process.end() == 0
    assert target.end(signal.SIGTERM) == 128 + signal.SIGTERM
    assert shotwire.png(sent.read_bytes()) == shotwire.png(own.read_bytes())
    with Image.open(sent) as image:
        assert image.size == (640, 400) and len(image.getcolors()) >= 4


@on_board
@pytest.mark.parametrize("at", ["drawn", "start"])
def test_board_shows_what_qemu_does(board, start, server, tmp_path, at):
    """Of a screen full of detail, in another format than what was drawn, row by row; also if it
    was asked for before there was anything. The board's clock counts its instructions: what this
    machine does meanwhile takes none of the time in which a picture is waited for."""
    machine, monitor = board("test/picture", *SIZE, "-icount", "shift=0")
    if at == "drawn":
        assert said(machine).startswith("shown")
    path = tmp_path / "a.png"
    process = start(crowtty_program(), "screenshot", path, name_of(server))
    with accept(server).sock as line:
        join(line, machine.line)
        assert process.end() == 0, process.text
    width, height, rows = shotwire.png(path.read_bytes())
    assert (width, height, b"".join(rows)) == monitor.screen(tmp_path / "a.ppm")
