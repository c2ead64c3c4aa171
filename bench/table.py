# SPDX-License-Identifier: MIT OR Apache-2.0
"""What was measured, as a table for people and as JSON for programs."""

import dataclasses
import shutil
import sys
import textwrap


@dataclasses.dataclass
class Figure:
    """One number; `reach` is the most it should be, or the least if `at_least`."""

    value: float
    unit: str
    reach: float | None = None
    at_least: bool = False

    @property
    def missed(self):
        if self.reach is None:
            return False
        return self.value < self.reach if self.at_least else self.value > self.reach

    def text(self):
        return f"{number(self.value)} {self.unit}"

    def reach_text(self):
        if self.reach is None:
            return ""
        return f"{'>=' if self.at_least else '<='} {number(self.reach)} {self.unit}"

    def json(self):
        bound = None if self.reach is None else "least" if self.at_least else "most"
        return {"value": self.value, "unit": self.unit, "reach": self.reach, "bound": bound,
                "missed": self.missed}  # fmt: skip


@dataclasses.dataclass
class Row:
    """A benchmark's answer. `skipped` says what this machine lacks, `failed` what broke."""

    name: str
    what: str
    figures: list = dataclasses.field(default_factory=list)
    compared: list = dataclasses.field(default_factory=list)  # (name, [Figure])
    notes: list = dataclasses.field(default_factory=list)
    skipped: str = ""
    failed: str = ""

    @property
    def missed(self):
        return any(figure.missed for figure in self.figures)

    def json(self):
        return {
            "name": self.name,
            "what": self.what,
            "figures": [figure.json() for figure in self.figures],
            "compared": [
                {"name": name, "figures": [figure.json() for figure in figures]}
                for name, figures in self.compared
            ],
            "notes": self.notes,
            "skipped": self.skipped or None,
            "failed": self.failed or None,
        }


def number(value):
    """Three digits of what varies, all digits of what is counted."""
    if isinstance(value, int):
        return f"{value:,}"
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")


RED, DIM, PLAIN = "\x1b[31m", "\x1b[2m", "\x1b[0m"
COLUMNS = [("name", 17), ("what it is", 38), ("ours", 19), ("reach", 20), ("", 6)]


def lines_of(row):
    """Yields (cells, mark) for each line of a row; the last cell is what it is compared with."""
    if row.failed or row.skipped:
        ours = []
        right = textwrap.wrap(f"failed: {row.failed}" if row.failed else row.skipped, 44)
    else:
        ours = row.figures
        right = [f"{n}: {', '.join(f.text() for f in fs)}" for n, fs in row.compared]
        right += [piece for note in row.notes for piece in textwrap.wrap(note, 44)]
    what = textwrap.wrap(row.what, COLUMNS[1][1])
    for i in range(max(len(what), len(ours), len(right))):
        figure = ours[i] if i < len(ours) else None
        missed = bool(figure and figure.missed) or bool(row.failed and i == 0)
        mark = "FAILED" if row.failed and i == 0 else "MISSED" if missed else ""
        yield [
            row.name if i == 0 else "",
            what[i] if i < len(what) else "",
            figure.text() if figure else "",
            figure.reach_text() if figure else "",
            mark,
            right[i] if i < len(right) else "",
        ], missed


def show(rows):
    colours = sys.stdout.isatty()
    widths = [width for _name, width in COLUMNS]
    titles = [name for name, _width in COLUMNS] + ["compared with"]
    rule = min(sum(widths) + 60, shutil.get_terminal_size((150, 24)).columns)

    def line(cells):
        padded = [cell.ljust(width) for cell, width in zip(cells, widths)]
        return "  ".join(padded + [cells[-1]]).rstrip()

    print(line(titles))
    print("-" * rule)
    for row in rows:
        for cells, missed in lines_of(row):
            text = line(cells)
            if colours and missed:
                text = RED + text + PLAIN
            elif colours and row.skipped:
                text = DIM + text + PLAIN
            print(text)
    print("-" * rule)
    print(summary(rows))


def summary(rows):
    measured = [row for row in rows if not row.failed and not row.skipped]
    missed = [row.name for row in measured if row.missed]
    failed = [row.name for row in rows if row.failed]
    text = f"{len(measured)} measured"
    if missed:
        text += f"; reach missed: {', '.join(missed)}"
    if failed:
        text += f"; failed: {', '.join(failed)}"
    skipped = [row.name for row in rows if row.skipped]
    if skipped:
        text += f"; skipped: {', '.join(skipped)}"
    return text
