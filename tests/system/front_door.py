# SPDX-License-Identifier: MIT OR Apache-2.0
"""The front door for its tests: called, loaded as a module, or as a copy of its own."""
import importlib.machinery
import importlib.util
import pathlib
import shutil
import subprocess
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def mn(*args, root=ROOT, **options):
    """What a call of the front door printed and how it ended."""
    options = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, **options}
    return subprocess.run([str(root / "mn"), *args], timeout=100, **options)


def load(verb, monkeypatch):
    """A verb's program as a module."""
    monkeypatch.setenv("MN_ROOT", str(ROOT))
    monkeypatch.syspath_prepend(str(ROOT / "tools/mn"))
    loader = importlib.machinery.SourceFileLoader(f"mn_{verb}", str(ROOT / "tools/mn" / verb))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(f"mn_{verb}", loader))
    loader.exec_module(module)
    return module


def lend_sources(top):
    """What has been fetched for this tree, for a copy of it: no test depends on a network."""
    (top / ".mn/source").mkdir(parents=True)
    for source in (ROOT / ".mn/source").glob("*"):
        (top / ".mn/source" / source.name).symlink_to(source)


@pytest.fixture
def door():
    """A copy of the front door, in a directory with a space that everybody may enter."""
    top = pathlib.Path(tempfile.mkdtemp(prefix="mn "))
    top.chmod(0o755)
    shutil.copy(ROOT / "mn", top)
    shutil.copytree(ROOT / "tools/mn", top / "tools/mn")
    lend_sources(top)
    yield top
    shutil.rmtree(top)
