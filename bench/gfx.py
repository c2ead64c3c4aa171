# SPDX-License-Identifier: MIT OR Apache-2.0
"""Frames of 800 x 600 in RGB565, and memcpy of as many bytes."""

import platform

from measure import Skipped, find, output_of
from table import Figure

FRAMES = [
    ("gfx_blit", "a frame copied, 800 x 600 in RGB565", "blit", 80),
    ("gfx_blit_888", "a frame copied into RGB888", "blit_888", None),
    ("gfx_blend", "a frame blended by alpha of 8 bits", "alpha8", 25),
    ("gfx_blend_mask", "a frame blended by a mask", "mask", 25),
    ("gfx_fill", "a frame filled", "fill", None),
]
SHORTER = [  # than the longest vectors of an x86, which the others take
    ("gfx_blend_avx2", "a frame blended by alpha, 256-bit vectors", "alpha8_avx2", 25),
    ("gfx_blend_sse2", "a frame blended by alpha, 128-bit vectors", "alpha8_sse2", None),
]


def took_us(setting, name, count):
    text = output_of(setting.program("bench", "bench_gfx"), name, count)
    if text.startswith("no "):
        raise Skipped(text.strip())
    return float(find(r"([\d.]+) ns each", text)[1]) / 1000


def frame(name, reach):
    """The best of many frames, in runs by turns with memcpy's: what else this machine does, slows
    one more than the other."""

    def measure(setting, row):
        runs, count = (2, 500) if setting.quick else (7, 1500)
        took = [(took_us(setting, "memcpy", count), took_us(setting, name, count))
                for _ in range(runs)]
        memcpy, ours = map(min, zip(*took))
        row.figures = [
            Figure(100 * memcpy / ours, "% of memcpy", reach, at_least=True),
            Figure(ours, "us"),
        ]
        row.compared.append(("memcpy", [Figure(memcpy, "us")]))

    return measure


def benches():
    for name, what, argument, reach in FRAMES + (SHORTER if platform.machine() == "x86_64" else []):
        yield name, what, frame(argument, reach)
