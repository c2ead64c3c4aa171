# SPDX-License-Identifier: MIT OR Apache-2.0
"""The boards that QEMU plays: which image they run and how QEMU is told.

The serial line is one end of a connected socket, which QEMU inherits: so somebody is there
before the first instruction, and nothing that the board says is lost. A board may also have a
console, a second line with its log as plain text, which is QEMU's standard output.
"""

import collections

Board = collections.namedtuple("Board", "image emulator has_console")

# By name, which is also that of the variant (tools/mn/variants.txt) that has the image.
BOARDS = {
    name: Board(
        "platforms/riscv-virt/mnemos.elf",
        (f"qemu-system-{name}", "-M", "virt", "-m", "8M", "-bios", "none"),
        has_console=False,
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


def command(name, image, line, console=None):
    """QEMU's command line for an image, with the serial line on file descriptor `line`, and the
    console on another one, if it is given."""
    to = "file,append=on,path=/dev/stdout" if console is None else f"socket,fd={console}"
    board = BOARDS[name]
    return [
        *board.emulator,
        *("-kernel", str(image), "-display", "none", "-monitor", "none"),
        *("-chardev", f"socket,id=line,fd={line}", "-serial", "chardev:line"),
        *(("-chardev", f"{to},id=console", "-serial", "chardev:console")
          if board.has_console else ()),
    ]
