# SPDX-License-Identifier: MIT OR Apache-2.0
"""Screen and keyboard of QEMU's virt board: virtio devices, as QEMU shows and plays them.

What QEMU shows is read by its monitor (QMP), and keys are pressed there. Its screen is compared
pixel by pixel. The board runs in real time, and tests wait for what it says.
"""
import json
import socket
import subprocess

import pytest
from PIL import Image

from conftest import DEADLINE_S, ROOT
from test_riscv import FAILED, Machine

SAYS = 99  # the port of tests/board/picture.c
# QEMU 7.2 pads the rows of its picture files to multiples of 4 bytes.
WIDTH, HEIGHT = 324, 201
SIZE = ("-global", f"virtio-gpu-device.xres={WIDTH}", "-global", f"virtio-gpu-device.yres={HEIGHT}")
PRESSED, RELEASED = 0, 1
SHIFT = 1
LEFT, CHAR = 2, 15


class Monitor:
    """QEMU's, at the other end of a socket."""

    def __init__(self):
        own, self.fd = socket.socketpair()
        own.settimeout(DEADLINE_S)
        self.file = own.makefile("rw")
        own.close()
        self.options = ("-chardev", f"socket,id=qmp,fd={self.fd.fileno()}",
                        "-mon", "chardev=qmp,mode=control")

    def ask(self, command, **arguments):
        """The answer to a command; what QEMU tells meanwhile is left out."""
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            assert "error" not in answer, answer
            if "return" in answer:
                return answer["return"]

    def keys(self, *events):
        """Presses (+NAME) and releases (-NAME) keys."""
        for event in events:
            key = {"key": {"type": "qcode", "data": event[1:]}, "down": event[0] == "+"}
            self.ask("input-send-event", events=[{"type": "key", "data": key}])

    def screen(self, path):
        """(width, height, pixels), three bytes each: what QEMU shows."""
        self.ask("screendump", filename=str(path))
        kind, size, most, pixels = path.read_bytes().split(b"\n", 3)
        assert (kind, most) == (b"P6", b"255")
        width, height = map(int, size.split())
        assert len(pixels) == width * height * 3
        return width, height, pixels


@pytest.fixture
def board(start):
    """board(image, option...) -> (machine, monitor), with a screen and a keyboard."""

    def run(image, *options):
        monitor = Monitor()
        machine = Machine(start, image, *monitor.options, *options, screen="none",
                          pass_fds=[monitor.fd.fileno()])
        monitor.fd.close()
        monitor.file.readline()  # its greeting
        monitor.ask("qmp_capabilities")
        return machine, monitor

    return run


def said(machine):
    return next(payload.decode() for port, payload, _ in machine.frames() if port == SAYS)


# ---- The picture of tests/board/picture.c, computed anew -----------------------


def rgb(word):
    """A word of RGB565 in three bytes."""
    red, green, blue = word >> 11, word >> 5 & 63, word & 31
    return red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2


def picture(width, height, marks):
    pixels = bytearray()
    for y in range(height):
        for x in range(width):
            pixels += bytes(rgb((x & 31) << 11 | (y & 63) << 5 | (x + y) // 8 & 31))
    for mark in range(1, marks + 1):
        for y in range(8 * mark, 8 * mark + 8):
            at = (y * width + 16 * mark) * 3
            pixels[at : at + 24] = b"\xff" * 24
    return width, height, bytes(pixels)


def test_screen_shows_each_pixel_and_keys_arrive(board, tmp_path):
    machine, monitor = board("test/picture", *SIZE)
    assert said(machine) == f"shown {WIDTH} x {HEIGHT}\n"
    assert monitor.screen(tmp_path / "picture.ppm") == picture(WIDTH, HEIGHT, 0)

    monitor.keys("+a", "-a", "+shift", "+b", "-b", "-shift", "+left", "-left")
    expected = [(PRESSED, 0, CHAR, ord("a")), (RELEASED, 0, CHAR, ord("a")),
                (PRESSED, SHIFT, CHAR, ord("B")), (RELEASED, SHIFT, CHAR, ord("B")),
                (PRESSED, 0, LEFT, 0), (RELEASED, 0, LEFT, 0)]  # fmt: skip
    for kind, modifiers, code, value in expected:
        assert said(machine) == f"key {kind} {modifiers} {code} {value}\n"
    assert monitor.screen(tmp_path / "marks.ppm") == picture(WIDTH, HEIGHT, len(expected))


SIMULATED = f"""
[kernel]
heap_size = 1048576

[services]
serial_mux.enabled = true
keyboard_mux.enabled = true

[platform]
tcp_uart.enabled = true
display = {{ enabled = true, width = {WIDTH}, height = {HEIGHT}, format = "rgb565" }}
"""


def test_simulator_shows_the_same(board, tmp_path):
    """The same program; the simulator's screen has 16 bits a pixel, the board's 24."""
    simulator = ROOT / "build/host/tests/board/picture"
    if not simulator.exists():
        pytest.skip(f"{simulator} is not built")
    (tmp_path / "board.toml").write_text(SIMULATED)
    subprocess.run([simulator, "--config", tmp_path / "board.toml", "--no-window",
                    "--serial", f"unix:{tmp_path}/line", "--time", "virtual",
                    "--exit-after", "1s", "--screenshot", tmp_path / "simulated.png"],
                   check=True, timeout=DEADLINE_S, stdout=subprocess.DEVNULL)  # fmt: skip
    machine, monitor = board("test/picture", *SIZE)
    assert said(machine).startswith("shown")
    with Image.open(tmp_path / "simulated.png") as image:
        simulated = (*image.size, image.convert("RGB").tobytes())
    assert monitor.screen(tmp_path / "board.ppm") == simulated


def test_mouse_is_no_keyboard_and_more_devices_are_no_matter(board, tmp_path):
    """The last -device has the first place, and so would be taken."""
    machine, monitor = board("test/picture", *SIZE, "-device", "virtio-rng-device",
                             "-device", "virtio-tablet-device", "-device", "virtio-mouse-device")
    assert said(machine).startswith("shown")
    monitor.keys("+x")
    assert said(machine) == f"key {PRESSED} 0 {CHAR} {ord('x')}\n"
    assert monitor.screen(tmp_path / "one.ppm") == picture(WIDTH, HEIGHT, 1)


@pytest.mark.parametrize(
    "devices, missing",
    [
        ((), "platform.display is enabled, and there is no virtio-gpu; give QEMU -global "
             "virtio-mmio.force-legacy=false -device virtio-gpu-device"),
        (("virtio-gpu-device",), "platform.keyboard is enabled, and there is no virtio keyboard; "
             "give QEMU -global virtio-mmio.force-legacy=false -device virtio-keyboard-device"),
    ],
)
def test_device_that_is_missing_is_named(start, devices, missing):
    options = [word for device in devices for word in ("-device", device)]
    machine = Machine(start, "test/picture", "-m", "64M", "-global",
                      "virtio-mmio.force-legacy=false", *options)
    text = machine.text_to_the_end()
    assert machine.qemu.end() == FAILED
    assert f"cannot start: {missing}\r\n".encode() in text


def test_legacy_devices_are_as_none(start):
    machine = Machine(start, "test/picture", "-m", "64M", "-device", "virtio-gpu-device",
                      "-device", "virtio-keyboard-device")
    assert b"cannot start: platform.display" in machine.text_to_the_end()
    assert machine.qemu.end() == FAILED


def test_image_without_a_screen_says_so(start):
    machine = Machine(start, "test/no-screen")
    assert (b"cannot start: platform.display or platform.keyboard is enabled, and this image has "
            b"neither") in machine.text_to_the_end()
    assert machine.qemu.end() == FAILED


def test_screen_that_is_too_large_for_the_heap_is_told_of(start):
    machine = Machine(start, "test/large-screen", screen="none")
    assert (b"cannot start: platform.display asks for 67108864 bytes of the heap, and "
            b"kernel.heap_size is 1048576\r\n") in machine.text_to_the_end()
    assert machine.qemu.end() == FAILED
