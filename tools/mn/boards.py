# SPDX-License-Identifier: MIT OR Apache-2.0
"""The boards that QEMU plays: which image they run and how QEMU is told.

The serial line is one end of a connected socket, which QEMU inherits: so somebody is there
before the first instruction, and nothing that the board says is lost.
"""

import collections

Board = collections.namedtuple("Board", "image emulator")

# By name, which is also that of the variant (tools/mn/variants.txt) that has the image.
BOARDS = {
    name: Board(
        "platforms/riscv-virt/mnemos.elf",
        (f"qemu-system-{name}", "-M", "virt", "-m", "8M", "-bios", "none"),
    )
    for name in ("riscv64", "riscv32")
}


def command(name, image, line):
    """QEMU's command line for an image, with the serial line on file descriptor `line`."""
    return [
        *BOARDS[name].emulator,
        *("-kernel", str(image), "-display", "none", "-monitor", "none"),
        *("-chardev", f"socket,id=line,fd={line}", "-serial", "chardev:line"),
    ]
