# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects what a board's processor spends: instructions are the same in each run, so those of this
build are compared with what they should be; and the counting itself, with the board's own clock. On
the smallest board, also the sizes that need no build."""
import os
import re
import shutil
import sys

import pytest

from conftest import BUILD, DEADLINE_S, ROOT, only

sys.path.insert(0, str(ROOT / "bench"))

import measure  # noqa: E402
import size  # noqa: E402
import target  # noqa: E402
from table import Row  # noqa: E402

BOARD = os.environ.get("MN_BOARD", "riscv64")
WITH_REACH = [f"board_{name}" for name, _what, reach in target.OPERATIONS if BOARD in reach]


def image(_setting, board, *parts):
    if board != BOARD:
        raise measure.Skipped("another build's")
    return BUILD.joinpath(*parts)


@pytest.fixture
def setting(monkeypatch):
    """Of this build, and of no other board."""
    monkeypatch.setattr(target, "image", image)
    return measure.Setting(ROOT, BUILD, True)


@pytest.fixture
def figure(setting):
    """figure(name) is the first of that benchmark."""

    def run(name):
        row = Row(name, "")
        next(measure for one, _what, measure in target.benches() if one == name)(setting, row)
        assert len(row.figures) == 1 and row.figures[0].value > 0
        return row.figures[0]

    return run


@pytest.mark.parametrize("name", WITH_REACH)
def test_operation_stays_within_its_reach(figure, name):
    assert not figure(name).missed


@only(BOARD == "mps2")
@pytest.mark.parametrize("name", ["task", "display_size"])
def test_size_stays_within_its_reach(setting, name):
    row = Row(name, "")
    next(measure for one, _what, measure in size.benches() if one == name)(setting, row)
    assert row.figures and not any(figure.missed for figure in row.figures)


def test_boot_stays_within_its_reach(figure):
    assert not figure("board_boot").missed


def test_way_of_a_byte_stays_within_its_reach(figure):
    assert not figure("board_interrupt").missed


def test_way_of_a_byte_is_counted_from_its_interrupt_on(setting):
    """It begins behind the sleep, goes through the driver, and ends where the task goes on."""
    parts = target.interrupt_parts(setting, BOARD)
    assert parts["sleep"] + parts["mn_platform_wait"] < 40 and parts["listener__poll"]
    assert any(name.endswith("_uart_interrupt") or name == "mn_ns16550_interrupt" for name in parts)
    assert not parts["bench_ready"] and not parts["bench_heard"]


def took_us(setting, name, rounds):
    """By the board's own clock, which QEMU moves by a microsecond each 1,000 instructions."""
    options = ("-icount", target.SKIPS_IDLE_TIME, *target.arguments(name, rounds))
    with target.booted(BOARD, target.target(setting, BOARD), *options) as (qemu, _line):
        text, _ = qemu.communicate(timeout=DEADLINE_S)
    return int(re.search(r"(\d+) us\n", text)[1])


@pytest.mark.parametrize("name", ["call", "yield"])
def test_log_and_clock_count_the_same(setting, name):
    few, many = 25_600, 51_200
    by_clock = (took_us(setting, name, many) - took_us(setting, name, few)) * 1000 / (many - few)
    assert sum(target.each(setting, BOARD, name).values()) == pytest.approx(by_clock, abs=0.1)


def test_without_qemu_it_is_skipped(setting, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(measure.Skipped, match="no qemu-system-"):
        target.executed(setting, BOARD, "call", 64)
