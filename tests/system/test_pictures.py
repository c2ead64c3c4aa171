# SPDX-License-Identifier: MIT OR Apache-2.0
"""The book's pictures are what its programs show: each is made anew, twice, and is the same to the
last pixel. MN_GOLDEN=write ./mn test host/system/pictures writes them; look at them then."""
import os
import subprocess
import time

import pytest
from PIL import Image

from conftest import DEADLINE_S, ROOT, on_board, on_host, program
from test_riscv import Machine
from test_virtio import Monitor

PICTURES = ROOT / "book/pictures"
DEMOS = ROOT / "platforms/melpomene/demos"
MELPOMENE = ("platforms", "melpomene", "melpomene")

# By name: which program, on which board, until when.
MADE = {
    "demo-clock": (MELPOMENE, DEMOS / "clock.toml", "3s"),
    "draw-picture": (("book", "examples", "picture"), ROOT / "book/examples/screen.toml", "1s"),
    "draw-ball": (("book", "examples", "bouncing_ball"), ROOT / "book/examples/screen.toml",
                  "1500ms"),
}


def take(path, command, config, end):
    subprocess.run([program(*command), "--config", config, "--serial", f"unix:{path}.line",
                    "--time", "virtual", "--no-window", "--exit-after", end, "--screenshot", path],
                   check=True, timeout=DEADLINE_S, stdout=subprocess.DEVNULL)  # fmt: skip
    with Image.open(path) as image:
        return image.size, image.convert("RGB").tobytes()


@on_host
@pytest.mark.parametrize("name", MADE)
def test_picture_is_what_the_program_shows(name, tmp_path):
    made = take(tmp_path / "made.png", *MADE[name])
    assert made == take(tmp_path / "again.png", *MADE[name])
    if os.environ.get("MN_GOLDEN") == "write":
        with Image.open(tmp_path / "made.png") as image:
            image.convert("RGB").save(PICTURES / f"{name}.png", optimize=True)
    with Image.open(PICTURES / f"{name}.png") as image:
        assert made == (image.size, image.convert("RGB").tobytes()), f"see {tmp_path}/made.png"


@on_host
@pytest.mark.parametrize("name", ["both", "clock", "monitor", "paint"])
def test_demonstration_runs(name, tmp_path):
    """None of its tasks says that it ends."""
    done = subprocess.run([program(*MELPOMENE), "--config", DEMOS / f"{name}.toml", "--serial",
                           f"unix:{tmp_path}/line", "--time", "virtual", "--no-window",
                           "--exit-after", "5s", "--dump"],
                          check=True, timeout=DEADLINE_S, capture_output=True, text=True)
    assert "WARN" not in done.stdout
    for demo in ["clock", "monitor"] if name == "both" else [name]:
        assert f"  demo_{demo} #" in done.stdout


def stage(image):
    """What is on it besides the ball, which is where the time has it: the text and the floor. None
    before it is drawn."""
    image = image.convert("RGB")
    if image.size != (400, 240) or image.getpixel((0, 239)) == (0, 0, 0):
        return None
    return image.crop((100, 24, 300, 38)).tobytes(), image.crop((0, 200, 400, 240)).tobytes()


@on_board
def test_board_shows_the_ball_of_the_book(start, tmp_path):
    """The same program as on the desk; what the keyboard does to it is tested with its sources."""
    monitor = Monitor()
    machine = Machine(start, "demo-bouncing_ball", *monitor.options, screen="none",
                      pass_fds=[monitor.fd.fileno()])
    monitor.fd.close()
    monitor.file.readline()  # its greeting
    monitor.ask("qmp_capabilities")
    shown = None
    deadline = time.monotonic() + DEADLINE_S
    while shown is None:
        assert time.monotonic() < deadline, "nothing is drawn"
        width, height, pixels = monitor.screen(tmp_path / "screen.ppm")
        shown = stage(Image.frombytes("RGB", (width, height), pixels))
    with Image.open(PICTURES / "draw-ball.png") as image:
        assert shown == stage(image)
    assert machine.qemu.process.poll() is None
