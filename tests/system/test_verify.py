# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects the check of models: one that is wrong, or not searched to its end, must not pass."""

import pathlib
import shutil
import subprocess

import pytest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "models/check"

# Two processes add to a counter; without `atomic`, one addition can get lost.
COUNTER = """
byte counter = 0, ended = 0;
proctype add() {{ byte seen; {step} ended++ }}
init {{ run add(); run add(); ended == 2; assert(counter == 2) }}
"""
LOSES = "seen = counter; counter = seen + 1;"
KEEPS = "atomic { seen = counter; counter = seen + 1 };"
WAITS = """
bool raised = false;
active proctype waiter() {{ raised }}
active proctype raiser() {{ {raises} }}
ltl served {{ <> raised }}
"""


def check(tmp_path, text, *bug):
    if not shutil.which("spin"):
        pytest.skip("no spin")
    (tmp_path / "m.pml").write_text(text)
    return subprocess.run([CHECK, tmp_path / "m.pml", *bug], capture_output=True, text=True)


def test_a_right_model_passes_and_says_how_much_was_searched(tmp_path):
    done = check(tmp_path, COUNTER.format(step=KEEPS))
    assert done.returncode == 0, done.stdout
    assert "safety: no errors in" in done.stdout


def test_a_broken_assertion_fails_and_shows_the_steps(tmp_path):
    done = check(tmp_path, COUNTER.format(step=LOSES))
    assert done.returncode == 1
    assert "assertion violated" in done.stdout and "counter = (seen+1)" in done.stdout


def test_a_deadlock_fails(tmp_path):
    done = check(tmp_path, "bool go = false;\nactive proctype waiter() { go }\n")
    assert done.returncode == 1
    assert "invalid end state" in done.stdout


def test_a_formula_is_checked(tmp_path):
    good = check(tmp_path, WAITS.format(raises="raised = true"))
    assert good.returncode == 0 and "ltl served: no errors" in good.stdout, good.stdout
    forever = "do :: raised = raised od"
    bad = check(tmp_path, WAITS.format(raises=forever))
    assert bad.returncode == 1 and "ltl served: FAILED" in bad.stdout, bad.stdout


def test_a_search_that_is_cut_short_is_no_proof(tmp_path):
    deep = "int n = 0;\nactive proctype up() { do :: n < 2000000 -> n++ :: else -> break od }\n"
    done = check(tmp_path, deep)
    assert done.returncode == 1


def test_a_model_with_a_syntax_error_fails(tmp_path):
    assert check(tmp_path, "active proctype p() { if fi }\n").returncode == 1


def test_a_planted_bug_must_be_found(tmp_path):
    text = COUNTER.format(step=f"\n#ifdef TORN\n{LOSES}\n#else\n{KEEPS}\n#endif\n")
    assert check(tmp_path, text).returncode == 0
    found = check(tmp_path, text, "TORN")
    assert found.returncode == 0 and "found TORN" in found.stdout, found.stdout
    missed = check(tmp_path, text, "UNKNOWN")
    assert missed.returncode == 1 and "UNKNOWN is not found" in missed.stdout, missed.stdout
