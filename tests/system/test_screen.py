# SPDX-License-Identifier: MIT OR Apache-2.0
"""The simulator's screen: its window as a user sees it and types in it, and pictures in files."""
import os
import pathlib
import re
import select
import signal
import subprocess
import time

import pytest
from PIL import Image

from conftest import DEADLINE_S, program
from xserver import Xserver

MELPOMENE = ("platforms", "melpomene", "melpomene")

BOARD = """
[kernel]
heap_size = 4194304
[services.keyboard_mux]
enabled = true
[services.demo_{demo}]
enabled = true
[platform.display]
enabled = true
"""


@pytest.fixture
def xserver():
    """One for each test: no window of another one is there."""
    server = Xserver()
    yield server
    server.close()


@pytest.fixture
def board(tmp_path):
    """board(demo) -> a board file with the demo's name in its own."""

    def make(demo):
        path = tmp_path / f"my.{demo}.toml"
        path.write_text(BOARD.format(demo=demo))
        return path

    return make


def without_display(**more):
    names = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    return {name: value for name, value in os.environ.items() if name not in names} | more


def run(*arguments, env=None):
    """melpomene(argument...) -> (exit code, what it said on both outputs)."""
    result = subprocess.run([program(*MELPOMENE), *map(str, arguments)], env=env or
                            without_display(), stdin=subprocess.DEVNULL, timeout=DEADLINE_S,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return result.returncode, result.stdout


def twice_as_large(path):
    """A file's picture, as the window shows it."""
    with Image.open(path) as image:
        assert image.mode == "RGB" and image.size == (400, 240)
        image.info.clear()  # so that nothing but pixels is compared
        return image.resize((800, 480), Image.NEAREST)


def until(condition):
    """Looks until it holds."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it never holds"


def dump(process):
    """What the machine says of itself when it is asked."""
    begin = len(process.text)
    process.process.send_signal(signal.SIGUSR1)
    process.wait_for(r"\nscreen: \d+ frames.*\n")
    return process.text[begin:].decode()


def wait_until_settled(process):
    """The program waits for a key, and all that it has drawn is in the window."""
    settled = re.compile(r"  display_frames #.*: waits for event.*"
                         r"  demo_paint #.*: waits for a message in channel.*"
                         r"also the last|"
                         r"  demo_paint #.*: waits for a message in channel.*"
                         r"  display_frames #.*: waits for event.*"
                         r"also the last", re.S)
    until(lambda: settled.search(dump(process)))


def frames_of(process):
    return int(re.search(r"screen: (\d+) frames", dump(process))[1])


def taken_of(process):
    return int(re.search(r"the window has taken (\d+)", dump(process))[1])


def child_of(process):
    """The window's process: an object that can be waited for, and its number."""
    pid = process.pid
    child = int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    return os.pidfd_open(child), child


def wait_for_end(pidfd):
    assert select.select([pidfd], [], [], DEADLINE_S)[0]
    os.close(pidfd)


# The window


def test_the_window_shows_what_is_drawn_and_takes_keys(xserver, start, board, tmp_path):
    """From a key's press to the pixels; closing it is the end, with a picture of it."""
    code, _said = run("-c", board("paint"), "--time=virtual", "--exit-after=1s",
                      "--screenshot", tmp_path / "untouched.png")
    untouched = twice_as_large(tmp_path / "untouched.png")
    assert code == 0 and untouched.getbbox()  # something is not black

    process = start(program(*MELPOMENE), "-c", board("paint"), "--trace=kernel::call=trace",
                    "--screenshot", tmp_path / "painted.png", env=xserver.env)
    process.wait_for("screen: 400x240 rgb565, in a window\n")
    window = xserver.window("MnemOS - my.paint")
    pidfd, child = child_of(process)
    os.kill(child, signal.SIGHUP)  # is melpomene's matter, as Ctrl-C is
    until(lambda: xserver.picture(window) == untouched)
    xserver.hold_and_leave(window, "x")
    process.wait_for(r"key_device #\d+: call, service=\d+ keyboard_mux")
    process.wait_for(r"key_device #\d+: call, service=\d+ keyboard_mux")  # its release
    xserver.press(window, "space")
    until(lambda: xserver.picture(window) != untouched)
    wait_until_settled(process)
    shown = xserver.picture(window)
    xserver.ask_to_close(window)
    assert process.end() == 0
    wait_for_end(pidfd)
    assert twice_as_large(tmp_path / "painted.png") == shown != untouched


def test_keys_wait_while_the_machine_stands_still(xserver, start, board):
    """More of them than its ring of keys holds."""
    keys = ["a", "b"] * 40
    process = start(program(*MELPOMENE), "-c", board("paint"), "--trace=kernel::call=trace",
                    env=xserver.env)
    process.wait_for("screen: 400x240 rgb565, in a window\n")
    window = xserver.window("MnemOS - my.paint")
    os.kill(process.pid, signal.SIGSTOP)
    xserver.press(window, *keys)
    os.kill(process.pid, signal.SIGCONT)
    for _press_and_release in range(2 * len(keys)):
        process.wait_for(r"key_device #\d+: call, service=\d+ keyboard_mux")


@pytest.mark.parametrize("loss, says", [
    ("killed", "the window was ended by SIGKILL; the machine goes on without\n"),
    ("display server", "the window has ended with 1; the machine goes on without\n"),
])
def test_the_machine_goes_on_without_its_window(xserver, start, board, loss, says):
    process = start(program(*MELPOMENE), "-c", board("clock"), "--trace=info,drivers=debug",
                    env=xserver.env)
    window = xserver.window("MnemOS - my.clock")
    _pidfd, child = child_of(process)
    if loss == "killed":
        os.kill(child, signal.SIGKILL)
    else:
        xserver.hang_up(window)
    process.wait_for(says)
    frames = frames_of(process)
    until(lambda: frames_of(process) >= frames + 3)
    assert process.end(signal.SIGINT) == 130
    assert b"drivers::key_device: window: all keys are released\n" in process.text


def test_a_window_that_hangs_stops_nothing_and_ends_with_the_machine(xserver, start, board):
    process = start(program(*MELPOMENE), "-c", board("clock"), env=xserver.env)
    xserver.window("MnemOS - my.clock")
    pidfd, child = child_of(process)
    os.kill(child, signal.SIGSTOP)
    frames, taken = frames_of(process), taken_of(process)
    until(lambda: frames_of(process) >= frames + 10)
    assert taken_of(process) <= taken + 1  # what it had said before it hung
    process.process.send_signal(signal.SIGKILL)
    os.kill(child, signal.SIGCONT)
    wait_for_end(pidfd)


def test_a_display_that_does_not_answer_keeps_nothing_from_its_end(server, start, board):
    display = server.getsockname()[1] - 6000  # as DISPLAY counts TCP ports
    process = start(program(*MELPOMENE), "-c", board("clock"),
                    env=without_display(DISPLAY=f"127.0.0.1:{display}"))
    with server.accept()[0]:
        pidfd, _child = child_of(process)
        process.process.send_signal(signal.SIGKILL)
        wait_for_end(pidfd)


@pytest.mark.parametrize("env, says", [
    ({}, "without a window: no display server ($DISPLAY, $WAYLAND_DISPLAY)\n"),
    ({"DISPLAY": ":99999"}, "melpomene: no window: cannot use the display: x11 not available; "
                            "the machine goes on without\n"),
])
def test_where_no_window_can_be_it_says_why_and_goes_on(start, board, env, says):
    process = start(program(*MELPOMENE), "-c", board("clock"), env=without_display(**env))
    process.wait_for(re.escape(says))
    assert "screen: " in dump(process)
    assert process.end(signal.SIGINT) == 130


# Pictures in files


def test_the_same_seed_makes_the_same_frames(board, tmp_path):
    films = []
    for name in ("one", "two"):
        code, said = run("-c", board("clock"), "--time=virtual", "--exit-after=500ms",
                         "--record-frames", tmp_path / name, "--screenshot",
                         tmp_path / f"{name}.png@250ms")
        assert code == 0, said
        films.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
        films[-1]["screenshot"] = (tmp_path / f"{name}.png").read_bytes()
    assert films[0] == films[1]
    index = films[0]["frames.ffconcat"].decode()
    frames = re.findall(r"# at 0\.(\d{6}) s\nfile (frame-\d{6}\.png)\nduration 0\.\d{6}\n", index)
    times = [int(at) for at, _name in frames]
    assert index.startswith("ffconcat version 1.0\n")
    assert 10 < len(set(times)) == len(times) and all(at % 16667 == 0 for at in times)
    assert films[0].keys() == {"screenshot", "frames.ffconcat", *(name for _at, name in frames)}
    last = max(at for at in times if at <= 250000)
    assert films[0]["screenshot"] == films[0][dict(frames)[f"{last:06}"]]
    assert len(set(films[0].values())) == len(films[0]) - 1  # no frame shows what another did


def test_a_screenshot_that_cannot_be_written_is_told_before_the_run(board, tmp_path):
    (tmp_path / "directory.png").mkdir()
    for name, why in {"nowhere/a.png": "No such file or directory",
                      "directory.png": "Is a directory"}.items():
        code, said = run("-c", board("clock"), "--screenshot", tmp_path / name)
        assert (code, said) == (
            1, f"melpomene: --screenshot: cannot write {tmp_path / name}: {why}\n")


def test_a_screenshot_after_the_end_is_told(board, tmp_path):
    code, said = run("-c", board("clock"), "--time=virtual", "--exit-after=1s",
                     "--screenshot", tmp_path / "a.png@1001ms")
    assert code == 1 and not (tmp_path / "a.png").exists()
    assert "a.png: its time is 1.001000 s, the machine ended at 1.000000 s\n" in said


@pytest.mark.parametrize("option", ["--screenshot=a.png", "--record-frames=film"])
def test_a_machine_without_a_screen_has_no_pictures(tmp_path, option):
    (tmp_path / "none.toml").write_text("[kernel]\nheap_size = 65536\n")
    code, said = run("-c", tmp_path / "none.toml", option)
    assert (code, said) == (
        2, f"melpomene: {option.partition('=')[0]}: the machine has no screen: "
           f"platform.display is not enabled in {tmp_path / 'none.toml'}\n")


@pytest.mark.parametrize("value", ["", ".png", "a.jpg", "a.png@", "a.png@x", "a.png@-1s", "a.png@5",
                                   "@1s", "a@1s"])
def test_a_screenshot_is_a_file_and_perhaps_a_time(value):
    code, said = run("--screenshot", value)
    assert code == 2
    assert re.match(r"melpomene: --screenshot(: time)?: \".*\" is not (FILE|a duration)", said)


def test_an_at_sign_may_be_in_a_name(board, tmp_path):
    names = tmp_path / "a@2.png", tmp_path / "b@1s.png"
    for name in names:
        code, said = run("-c", board("clock"), "--time=virtual", "--exit-after=1ms",
                         "--screenshot", name)
        assert code == 0, said
    assert all(map(pathlib.Path.exists, names))
