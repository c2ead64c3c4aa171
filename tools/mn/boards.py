# SPDX-License-Identifier: MIT OR Apache-2.0
"""The boards that QEMU plays: which image they run and how QEMU is told.

The serial line is one end of a connected socket, which QEMU inherits: so somebody is there
before the first instruction, and nothing that the board says is lost. A board may also have a
console, a second line with its log as plain text, which is QEMU's standard output; and there may
be images for it that have a screen and a keyboard.
"""

import collections
import os
import pathlib
import subprocess

# `screen` is what QEMU is told besides for an image with a screen, if there are such.
Board = collections.namedtuple("Board", "image emulator has_console screen", defaults=[()])

# The memory is that of platforms/riscv-virt/meson.build. Of virtio, only version 1 and above.
VIRTIO_SCREEN = (
    *("-m", "64M", "-global", "virtio-mmio.force-legacy=false"),
    *("-device", "virtio-gpu-device", "-device", "virtio-keyboard-device"),
)

# By name, which is also that of the variant (tools/mn/variants.txt) that has the image.
BOARDS = {
    name: Board(
        "platforms/riscv-virt/mnemos.elf",
        (f"qemu-system-{name}", "-M", "virt", "-m", "8M", "-bios", "none"),
        has_console=False,
        screen=VIRTIO_SCREEN,
    )
    for name in ("riscv64", "riscv32")
} | {
    "mps2": Board(
        "platforms/mps2/mnemos.elf",
        ("qemu-system-arm", "-M", "mps2-an385", "-semihosting-config", "enable=on,target=native"),
        has_console=True,
    )
}

# Other names that `./mn run` knows them by.
ALIASES = {"cortex-m": "mps2"}


def demo(name, what):
    """The image of a demonstration, below the build directory."""
    return str(pathlib.PurePath(BOARDS[name].image).with_name(f"demo-{what}.elf"))


def window(name):
    """How QEMU is to show a screen: in a window if there is a desktop and QEMU can, else not."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "none"
    known = subprocess.run([BOARDS[name].emulator[0], "-display", "help"], check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return next((kind for kind in ("gtk", "sdl") if kind in known.split()), "none")


def command(name, image, line, console=None, screen=None):
    """QEMU's command line for an image, with the serial line on file descriptor `line`, and the
    console on another one, if it is given. An image with a screen needs to be told how to show it:
    "none" or another of QEMU's -display, see window()."""
    to = "file,append=on,path=/dev/stdout" if console is None else f"socket,fd={console}"
    board = BOARDS[name]
    return [
        *board.emulator,
        *(board.screen if screen else ()),
        *("-kernel", str(image), "-display", screen or "none", "-monitor", "none"),
        *("-chardev", f"socket,id=line,fd={line}", "-serial", "chardev:line"),
        *(("-chardev", f"{to},id=console", "-serial", "chardev:console")
          if board.has_console else ()),
    ]
