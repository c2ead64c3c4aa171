# SPDX-License-Identifier: MIT OR Apache-2.0
"""Bytes: of a task, and of an image for a small machine, as the compilers make them."""

import pathlib
import re
import shutil
import tempfile

from measure import Skipped, output_of
from table import Figure

LAYERS = ["abi", "proto", "kernel", "gfx", "services", "daemons", "config"]
ARM = ["arm-none-eabi-gcc", "--specs=picolibc.specs", "-mcpu=cortex-m3", "-mthumb"]
M3_FLAGS = ["-Os", "-ffunction-sections", "-fdata-sections"]
NO_LOG = "-DMN_LOG_COMPILED=MN_LOG_OFF"  # the image has nobody to show it to
NO_TRACE = "-DMN_TRACE_COMPILED=0"  # nor to send it to

SIZES = """
#include <mnemos/call.h>
#include <mnemos/kernel.h>
char task[sizeof(struct mn_task)], sleep[sizeof(struct mn_sleep)], call[sizeof(struct mn_call)];
"""


def include(setting):
    return [f"-I{setting.root / 'source' / layer / 'include'}" for layer in LAYERS]


def need_arm():
    if not shutil.which(ARM[0]):
        raise Skipped("no arm-none-eabi-gcc (package gcc-arm-none-eabi)")
    library = output_of(ARM[0], "-print-file-name=picolibc.specs").strip()
    if not pathlib.Path(library).is_absolute():
        raise Skipped("no picolibc for it (package picolibc-arm-none-eabi)")

DISPLAY_SIZES = """
#include <mnemos/services/display.h>
char server[sizeof(struct mn_display)], layer[sizeof(struct mn_layer)];
"""


def sizes(setting, compiler, nm, text=SIZES):
    """The bytes of the structs above, read from the symbols of a compiled file."""
    with tempfile.TemporaryDirectory() as scratch:
        source, made = pathlib.Path(scratch, "sizes.c"), pathlib.Path(scratch, "sizes.o")
        source.write_text(text)
        output_of(*compiler, "-std=gnu17", "-c", *include(setting), source, "-o", made)
        symbols = output_of(nm, "-S", made)
    return {
        name: int(size, 16)
        for size, name in re.findall(r"^\w+ (\w+) \w (\w+)$", symbols, re.M)
    }


def task(setting, row):
    host = sizes(setting, ["gcc"], "nm")
    row.figures.append(Figure(host["task"], "bytes, 64-bit", 64))
    row.notes.append(f"and {host['sleep']} in a sleep, {host['call']} in a call, 64-bit")
    try:
        need_arm()
    except Skipped as why:
        row.notes.append(str(why))
        return
    arm = sizes(setting, ARM, "arm-none-eabi-nm")
    row.figures.append(Figure(arm["task"], "bytes, 32-bit", 40))
    row.notes.append(f"and {arm['sleep']} in a sleep, {arm['call']} in a call, 32-bit")


def section_sizes(image):
    text = output_of("arm-none-eabi-size", "-A", image)
    return {name: int(size) for name, size in re.findall(r"^(\.\S+)\s+(\d+)\s", text, re.M)}


def buffers(image):
    """Bytes of what a board sizes to its needs: the symbols that are named buffer_."""
    symbols = output_of("arm-none-eabi-nm", "-S", image)
    return sum(int(size, 16) for size in re.findall(r"^\w+ (\w+) \w buffer_", symbols, re.M))


def text_of(size):
    return size[".init"] + size[".text"]  # constants included


def link(setting, image, *flags):
    source = setting.root / "source"
    files = [setting.root / "bench/size_m3.c", source / "daemons/loopback.c"]
    for layer in ("proto", "kernel", "services"):
        files += sorted((source / layer).glob("*.c"))
    output_of(
        *ARM, *M3_FLAGS, *flags, "-std=gnu17", f"-fmacro-prefix-map={setting.root}/=",
        *include(setting), *files, "-Wl,--gc-sections", "-o", image, cwd=image.parent,
    )  # fmt: skip
    return section_sizes(image)


def size_m3(setting, row):
    need_arm()
    with tempfile.TemporaryDirectory() as scratch:
        made = pathlib.Path(scratch, "m3.elf")
        warns = link(setting, made, NO_TRACE, "-DMN_LOG_COMPILED=MN_LOG_WARN")
        traces = link(setting, made, NO_LOG)
        small = link(setting, made, NO_TRACE, NO_LOG, "-flto")
        size = link(setting, made, NO_TRACE, NO_LOG)
        besides = buffers(made)
    ram = size[".data"] + size[".bss"] - besides
    row.figures.append(Figure(text_of(size), "bytes text", 20 * 1024))
    row.figures.append(Figure(ram, "bytes RAM", 4 * 1024))
    row.notes.append(f"log from warn on: {text_of(warns):,} bytes text")
    row.notes.append(f"with the kernel's part of tracing, printf: {text_of(traces):,} bytes text")
    row.notes.append(f"with -flto: {text_of(small):,} bytes text")
    row.notes.append(f"RAM besides {besides:,} bytes of buffers and the stack")


def text_of_objects(setting, scratch, files):
    """Bytes of all that is in these files, used or not."""
    flags = [*M3_FLAGS, NO_TRACE, NO_LOG, "-std=gnu17", f"-fmacro-prefix-map={setting.root}/="]
    total = 0
    for file in files:
        made = pathlib.Path(scratch, file.stem + ".o")
        output_of(*ARM, *flags, *include(setting), "-c", file, "-o", made)
        total += int(output_of("arm-none-eabi-size", made).split("\n")[1].split()[0])
    return total


NOT_DRAWING = ["terminal*.c", "*_wide.c", "*_pick*.c"]  # the terminal, and what is for the desk


def display_size(setting, row):
    need_arm()
    source = setting.root / "source"
    service = sorted((source / "services").glob("display*.c"))
    others = {path for names in NOT_DRAWING for path in (source / "gfx").glob(names)}
    gfx = sorted(set((source / "gfx").glob("*.c")) - others)
    with tempfile.TemporaryDirectory() as scratch:
        of_service = text_of_objects(setting, scratch, service)
        of_gfx = text_of_objects(setting, scratch, gfx)
    structs = sizes(setting, ARM, "arm-none-eabi-nm", DISPLAY_SIZES)
    row.figures.append(Figure(of_service + of_gfx, "bytes text", 12 * 1024))
    row.notes.append(f"service {of_service:,}, drawing {of_gfx:,} bytes text")
    row.notes.append(f"RAM: server {structs['server']:,}, a layer {structs['layer']} bytes")


def benches():
    yield "task", "a task, besides its own fields", task
    yield ("size_m3", "Cortex-M3 image at -Os: kernel, serial mux, loopback", size_m3)
    yield ("display_size", "Cortex-M3 at -Os: display service, drawing, no fonts", display_size)
