#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Measures a build and prints one table; see bench/README.md. Exit code 1 if a benchmark could
not be run to its end; a reach that is missed is marked and is no failure."""

import argparse
import json
import pathlib
import subprocess
import sys
import time

import gfx
import gfx_text
import kernel
import line
import screen
import size
import target
import view
from measure import Failed, Setting, Skipped
from table import Row, show

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODULES = [kernel, size, target, line, gfx, gfx_text, screen, view]


def arguments(known):
    parser = argparse.ArgumentParser(prog="./mn bench", description="Measures a release build.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, less to send")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path, help="write the figures, too")
    parser.add_argument("--list", action="store_true", help="say what there is, measure nothing")
    parser.add_argument(
        "--build", metavar="DIR", type=pathlib.Path, default=ROOT / "build/release",
        help="another build directory than build/release",
    )  # fmt: skip
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure (all)")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in known]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; all names: {' '.join(known)}")
    if not args.build.is_dir() and not args.list:
        parser.error(f"no build directory {args.build}; ./mn bench makes build/release")
    return args


class Progress:
    """What is being measured: one line that is rewritten on a terminal, else a line each."""

    def __init__(self, total):
        self.live = sys.stderr.isatty()
        self.total = total
        self.count = 0

    def show(self, name):
        self.count += 1
        text = f"[{self.count}/{self.total}] {name}"
        print(f"\r\x1b[K{text}" if self.live else text, end="" if self.live else "\n",
              file=sys.stderr, flush=True)  # fmt: skip

    def end(self):
        if self.live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def measured(setting, name, what, measure):
    row = Row(name, what)
    try:
        measure(setting, row)
    except Skipped as why:
        row.skipped = str(why)
    except (Failed, OSError, subprocess.SubprocessError) as why:
        row.failed = str(why) or type(why).__name__
    return row


def machine():
    """What the times depend on."""
    cpus = pathlib.Path("/proc/cpuinfo").read_text()
    models = [row.split(": ", 1)[1] for row in cpus.splitlines() if row.startswith("model name")]
    load = pathlib.Path("/proc/loadavg").read_text().split()[0]
    return f"{len(models)} x {models[0] if models else 'unknown'}, load {load}"


def main():
    every = [bench for module in MODULES for bench in module.benches()]
    args = arguments([name for name, _what, _measure in every])
    wanted = [bench for bench in every if not args.names or bench[0] in args.names]
    if args.list:
        for name, what, _measure in wanted:
            print(f"{name:17}  {what}")
        return 0
    setting = Setting(ROOT, args.build.resolve(), args.quick)
    on = machine()
    begin = time.monotonic()
    progress = Progress(len(wanted))
    rows = []
    for name, what, measure in wanted:
        progress.show(name)
        rows.append(measured(setting, name, what, measure))
    progress.end()
    show(rows)
    print(f"on {on}; {time.monotonic() - begin:.0f} s")
    if args.json:
        report = {"machine": on, "quick": args.quick, "rows": [row.json() for row in rows]}
        args.json.write_text(json.dumps(report, indent=1) + "\n")
    return 1 if any(row.failed for row in rows) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
