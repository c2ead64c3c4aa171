# SPDX-License-Identifier: MIT OR Apache-2.0
"""Text into RGB565, and the same glyphs with SDL2."""

from measure import Skipped, instructions_each, ns_each
from table import Figure
from kernel import note_what_lacks


def text(kind, instructions):
    def measure(setting, row):
        few, many = (20_000, 40_000)
        glyphs, runs = (300_000, 3) if setting.quick else (2_000_000, 7)
        ours = (setting.program("bench", "bench_gfx_text"), kind)
        ns = ns_each(ours, glyphs, runs)
        row.figures = [Figure(1000 / ns, "Mglyph/s")]
        each = instructions_each(ours, few, many)
        if each is not None:
            row.figures.insert(0, Figure(round(each, 1), "instr", instructions))
        try:
            other = (setting.program("bench", "bench_gfx_text_sdl"), kind)
        except Skipped:
            row.notes.append("not compared: no libsdl2-dev when it was built")
            return
        theirs = ns_each(other, glyphs, runs)
        row.figures.append(Figure(theirs / ns, "x SDL2", 1, at_least=True))
        figures = [Figure(1000 / theirs, "Mglyph/s")]
        each = instructions_each(other, few, many)
        if each is not None:
            figures.insert(0, Figure(round(each, 1), "instr"))
        row.compared.append(("SDL2's blit", figures))
        note_what_lacks(row)

    return measure


def benches():
    yield "text", "a character 8x16 into RGB565, with a background", text("solid", 200)
    yield "text_clear", "the same without one", text("clear", 200)
