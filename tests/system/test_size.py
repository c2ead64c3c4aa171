# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects ./mn size: that its figures are those of the image, and its changes those against the
commit that they are said to be against.

On a cross build the board's stack is looked at, on the host all else.
"""
import importlib.machinery
import importlib.util
import json
import os
import shutil
import subprocess
import sys

import pytest

from conftest import BOARD, BUILD, ROOT, on_board, on_host, program

sys.path.insert(0, str(ROOT / "tools/mn"))


@pytest.fixture
def size(monkeypatch):
    """The front door's program as a module."""
    monkeypatch.setenv("MN_ROOT", str(ROOT))
    loader = importlib.machinery.SourceFileLoader("mn_size", str(ROOT / "tools/mn/size"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("mn_size", loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def measured(size, monkeypatch, tmp_path, capsys):
    """measured(option...) is (output, messages) of ./mn size in a tree of its own, where the file
    `code` says how many bytes of code the host's image has."""
    for name in ("NAME", "EMAIL"):
        for who in ("AUTHOR", "COMMITTER"):
            monkeypatch.setenv(f"GIT_{who}_{name}", "tester@example.org")
    monkeypatch.setattr(size, "ROOT", tmp_path)
    monkeypatch.setattr(size, "KEPT", tmp_path / ".mn/size")
    monkeypatch.setattr(size, "build", lambda platform, root: None)
    monkeypatch.setattr(
        size, "measure", lambda platform, root: {"code": int((root / "code").read_text())})
    (tmp_path / ".gitignore").write_text(".mn\n")
    git(tmp_path, "init", "-q")

    def run(*options):
        monkeypatch.setattr(sys, "argv", ["size", *options])
        size.main()
        return capsys.readouterr()

    return run


def git(tree, *words):
    subprocess.run(["git", *words], cwd=tree, check=True)


def commit(tree, code=None):
    if code is not None:
        (tree / "code").write_text(str(code))
    git(tree, "add", ".")
    git(tree, "commit", "-q", "--allow-empty", "-m", "a step")


@on_host
def test_changes_are_against_the_commit_before(measured, tmp_path):
    commit(tmp_path, 100)
    first = measured()
    assert first.out.split() == ["host", "code", "100"]
    assert "no figures to compare with of host: there is no commit" in first.err
    commit(tmp_path, 130)
    second = measured()
    assert second.out.split() == ["host", "code", "130", "+30"] and not second.err
    (tmp_path / "code").write_text("110")
    third = measured()
    assert third.out.split() == ["host", "code", "110", "-20"] and not third.err
    (tmp_path / "code").write_text("130")
    (tmp_path / "new.c").write_text("")
    assert measured().out.split() == ["host", "code", "130"], "what has changed was kept"


@on_host
def test_the_commit_before_is_measured_once_where_it_was_not(measured, tmp_path):
    """As on a fresh clone."""
    commit(tmp_path, 100)
    commit(tmp_path, 130)
    fresh = measured()
    assert fresh.out.split() == ["host", "code", "130", "+30"]
    assert "measuring host of commit" in fresh.err and "no figures" not in fresh.err
    assert measured() == (fresh.out, "")


@on_host
def test_a_commit_that_cannot_be_measured_is_told(measured, tmp_path):
    commit(tmp_path)
    commit(tmp_path, 130)
    said = measured()
    assert said.out.split() == ["host", "code", "130"]
    assert "no figures to compare with of host: commit " in said.err


@on_host
def test_json_says_what_is_compared(measured, tmp_path):
    commit(tmp_path, 100)
    commit(tmp_path, 130)
    said = json.loads(measured("--json", "host").out)
    assert said["figures"] == {"host": {"code": 130}} and said["before"] == {"host": {"code": 100}}
    assert said["base"] != said["commit"] and not said["changed"]


@on_host
def test_without_history_there_are_figures(measured, tmp_path):
    (tmp_path / "code").write_text("100")
    assert measured().out.split() == ["host", "code", "100"]


@on_board
def test_stack_is_what_was_used_of_it(size):
    """As the board's own code finds it in a report: tests/system/test_riscv.py, test_mps2.py."""
    image = program(size.IMAGES[BOARD])
    begin, end = size.stack(image)
    used = size.stack_used(BOARD, image, begin, end)
    assert 200 < used < (end - begin) / 2


@on_host
def test_figures_are_those_of_the_image(size, monkeypatch):
    if not shutil.which("gdb-multiarch"):
        pytest.skip("no gdb-multiarch")
    image = BUILD / size.IMAGES["host"]
    if not image.exists():
        pytest.skip(f"{image} is not built")
    monkeypatch.setitem(size.IMAGES, "host", image)  # wherever this build is
    monkeypatch.setattr(size, "LIBRARY", BUILD / size.LIBRARY)
    figures = size.measure("host", ROOT)
    assert 0 < figures["kernel library, code"] and 0 < figures["code"] < os.stat(image).st_size
    names = {name for name in figures if name.startswith("task ")}
    assert names >= {"task hello", "task loopback", "task serial_mux", "task serial_mux_rx"}
    assert min(figures[name] for name in names) > 64, "a struct is larger than its mn_task"
