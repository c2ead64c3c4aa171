# SPDX-License-Identifier: MIT OR Apache-2.0
"""Frames of 800 x 600 in RGB565, and memcpy of as many bytes."""

from measure import find, output_of
from table import Figure

FRAMES = [
    ("gfx_blit", "a frame copied, 800 x 600 in RGB565", "blit", 80),
    ("gfx_blit_888", "a frame copied into RGB888", "blit_888", None),
    ("gfx_blend", "a frame blended by alpha of 8 bits", "alpha8", 25),
    ("gfx_blend_mask", "a frame blended by a mask", "mask", 25),
    ("gfx_fill", "a frame filled", "fill", None),
]


def took_us(setting, name, count):
    text = output_of(setting.program("bench", "bench_gfx"), name, count)
    return float(find(r"([\d.]+) ns each", text)[1]) / 1000


def frame(name, reach):
    """The best of many frames, and memcpy's just before and after them."""

    def measure(setting, row):
        count = 500 if setting.quick else 3000
        before = took_us(setting, "memcpy", count)
        ours = took_us(setting, name, count)
        memcpy = min(before, took_us(setting, "memcpy", count))
        row.figures = [
            Figure(100 * memcpy / ours, "% of memcpy", reach, at_least=True),
            Figure(ours, "us"),
        ]
        row.compared.append(("memcpy", [Figure(memcpy, "us")]))

    return measure


def benches():
    for name, what, argument, reach in FRAMES:
        yield name, what, frame(argument, reach)
