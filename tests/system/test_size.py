# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects ./mn size: that its figures are those of the image, and its changes those against the
commit that they are said to be against."""
import importlib.machinery
import importlib.util
import json
import os
import shutil
import subprocess
import sys

import pytest

from conftest import BUILD, ROOT

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
    """measured(code, option...) is (output, messages) of ./mn size in a tree of its own, where
    the host's image has so many bytes of code."""
    for name in ("NAME", "EMAIL"):
        for who in ("AUTHOR", "COMMITTER"):
            monkeypatch.setenv(f"GIT_{who}_{name}", "tester@example.org")
    monkeypatch.setattr(size, "ROOT", tmp_path)
    monkeypatch.setattr(size, "KEPT", tmp_path / ".mn/size")
    monkeypatch.setattr(size, "build", lambda platform: None)
    (tmp_path / ".gitignore").write_text(".mn\n")
    git(tmp_path, "init", "-q")

    def run(code, *options):
        monkeypatch.setattr(size, "measure", lambda platform: {"code": code})
        monkeypatch.setattr(sys, "argv", ["size", *options])
        size.main()
        return capsys.readouterr()

    return run


def git(tree, *words):
    subprocess.run(["git", *words], cwd=tree, check=True)


def commit(tree):
    git(tree, "add", ".gitignore")
    git(tree, "commit", "-q", "--allow-empty", "-m", "a step")


def test_changes_are_against_the_commit_before(measured, tmp_path):
    commit(tmp_path)
    first = measured(100)
    assert first.out.split() == ["host", "code", "100"]
    assert "no figures to compare with of host" in first.err
    commit(tmp_path)
    second = measured(130)
    assert second.out.split() == ["host", "code", "130", "+30"] and not second.err
    (tmp_path / "new.c").write_text("")
    third = measured(110)
    assert third.out.split() == ["host", "code", "110", "-20"] and not third.err
    assert measured(130).out.split() == ["host", "code", "130"], "what has changed was kept"


def test_json_says_what_is_compared(measured, tmp_path):
    commit(tmp_path)
    measured(100)
    commit(tmp_path)
    said = json.loads(measured(130, "--json", "host").out)
    assert said["figures"] == {"host": {"code": 130}} and said["before"] == {"host": {"code": 100}}
    assert said["base"] != said["commit"] and not said["changed"]


def test_without_history_there_are_figures(measured):
    assert measured(100).out.split() == ["host", "code", "100"]


def test_figures_are_those_of_the_image(size, monkeypatch):
    if not shutil.which("gdb-multiarch"):
        pytest.skip("no gdb-multiarch")
    image = BUILD / size.IMAGES["host"]
    if not image.exists():
        pytest.skip(f"{image} is not built")
    monkeypatch.setitem(size.IMAGES, "host", image)  # wherever this build is
    monkeypatch.setattr(size, "LIBRARY", BUILD / size.LIBRARY)
    figures = size.measure("host")
    assert 0 < figures["kernel library, code"] and 0 < figures["code"] < os.stat(image).st_size
    names = {name for name in figures if name.startswith("task ")}
    assert names >= {"task hello", "task loopback", "task serial_mux", "task serial_mux_rx"}
    assert min(figures[name] for name in names) > 64, "a struct is larger than its mn_task"
