# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects the checks of `./mn lint`: that each finds what it is there for, and nothing else."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BODIES = ROOT / "tests/lint"
LICENCE = "/* SPDX-License-Identifier: MIT OR Apache-2.0 */\n"


def check(name, tree, *args):
    command = ["/usr/bin/python3", str(ROOT / "tools/lint" / f"{name}.py"), *args]
    env = dict(os.environ, MN_ROOT=str(tree))
    return subprocess.run(command, env=env, capture_output=True, text=True)


@pytest.fixture
def tree(tmp_path):
    """A tree of its own; `put` adds a file to it."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "tools/lint").mkdir(parents=True)
    (tmp_path / "tools/lint/exceptions.txt").write_text("")
    return tmp_path


def put(tree, path, text):
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / path).write_text(text)


# --- waits


def check_waits(file):
    if not shutil.which("clang-query"):
        pytest.skip("no clang-query")
    includes = [f"-I{ROOT}/source/{layer}/include" for layer in ("abi", "proto", "kernel")]
    return check("waits", ROOT, str(BODIES / file), "--", "-std=gnu17", *includes)


def test_waits_flags_each_bad_line_by_its_rule_and_no_other():
    done = check_waits("bad_waits.c")
    found = re.findall(r"bad_waits\.c:(\d+): .*\[waits\.(\w+)\]", done.stdout)
    wanted = []
    for number, line in enumerate((BODIES / "bad_waits.c").read_text().splitlines(), 1):
        marked = re.search(r"/\* lint: (\w+) \*/", line)
        wanted += [(str(number), marked[1])] if marked else []
    assert len(wanted) >= 16
    assert found == wanted
    assert done.returncode == 1


def test_waits_has_nothing_against_good_bodies():
    done = check_waits("good_waits.c")
    assert (done.returncode, done.stdout) == (0, "")


def test_waits_fails_where_it_cannot_parse(tmp_path):
    if not shutil.which("clang-query"):
        pytest.skip("no clang-query")
    (tmp_path / "broken.c").write_text("int main(void { }\n")
    assert check("waits", ROOT, str(tmp_path / "broken.c"), "--").returncode == 1


# --- includes


@pytest.mark.parametrize(
    "includer, line, rule",
    [
        ("source/kernel/task.c", "#include <mnemos/serial.h>", "direction"),
        ("source/proto/cobs.c", "#include <mnemos/task.h>", "direction"),
        ("source/abi/include/mnemos/x.h", "#include <mnemos/proto/cobs.h>", "direction"),
        ("source/services/mux.c", "#include <mnemos/hello.h>", "direction"),
        ("source/daemons/a.c", "#include <mnemos/ns16550.h>", "direction"),
        ("source/kernel/task.c", '#include "../../platforms/mps2/board.h"', "direction"),
        ("platforms/mps2/main.c", '#include "../riscv-virt/plic.h"', "direction"),
        ("tools/crowtty/main.c", "#include <mnemos/task.h>", "direction"),
        ("source/novel/x.c", "#include <mnemos/error.h>", "direction"),
        ("source/kernel/task.c", "#ifdef __linux__", "machine"),
        ("source/services/mux.c", "#if defined(__riscv)", "machine"),
        ("source/daemons/a.c", "#elif defined _WIN32", "machine"),
        ("source/kernel/task.c", "#include <mnemos/error.h>", None),
        ("source/kernel/task.c", '#include "internal.h"', None),
        ("source/services/mux.c", "#include <mnemos/task.h>", None),
        ("source/drivers/x.c", "#include <mnemos/serial.h>", None),
        ("platforms/mps2/main.c", "#include <mnemos/ns16550.h>", None),
        ("platforms/mps2/main.c", '#include "board.h"', None),
        ("tools/crowtty/main.c", "#include <mnemos/proto/cobs.h>", None),
        ("tests/unit/test_x.c", '#include "../../platforms/mps2/board.h"', None),
        ("source/drivers/x.c", "#ifdef __riscv", None),
        ("platforms/mps2/main.c", "#ifdef __arm__", None),
        ("source/kernel/task.c", "#include <stdint.h>", None),
        ("source/kernel/task.c", "/* __linux__ */ int x;", None),
    ],
)
def test_includes(tree, includer, line, rule):
    for header in (
        "source/abi/include/mnemos/error.h",
        "source/proto/include/mnemos/proto/cobs.h",
        "source/kernel/include/mnemos/task.h",
        "source/kernel/internal.h",
        "source/services/include/mnemos/serial.h",
        "source/daemons/include/mnemos/hello.h",
        "source/drivers/include/mnemos/ns16550.h",
        "platforms/riscv-virt/plic.h",
        "platforms/mps2/board.h",
    ):
        put(tree, header, LICENCE)
    put(tree, includer, f"{LICENCE}{line}\n")
    done = check("includes", tree)
    assert re.findall(r"^(.*?):(\d+): .*\[includes\.(\w+)\]", done.stdout, re.M) == (
        [(includer, "2", rule)] if rule else []
    )
    assert done.returncode == (1 if rule else 0)


# --- tidy

HEADER = "source/kernel/include/mnemos/x.h"
LEFTOVER = "TO" "DO"


@pytest.mark.parametrize(
    "path, text, rule",
    [
        ("a.c", LICENCE + "x" * 101 + "\n", "width"),
        ("a.c", LICENCE + "\t" * 12 + "x" * 5 + "\n", "width"),
        ("a.c", LICENCE + "int x; \n", "blanks"),
        ("a.c", LICENCE + f"/* {LEFTOVER}: more */\n", "leftover"),
        ("a.c", "int x;\n", "licence"),
        ("tools/x/program", "#!/bin/sh\n", "licence"),
        ("a.py", "# SPDX-License-Identifier: MIT OR Apache-2.0\nx = '/ho" "me/me'\n", "path"),
        (HEADER, LICENCE + "\nvoid mn_do(void);\n", "comment"),
        (HEADER, LICENCE + "\n#define MN_X 1\n", "comment"),
        (HEADER, LICENCE + "\nstruct mn_x {\n\tint a;\n};\n", "comment"),
        (HEADER, LICENCE + "\n/* A. */\nvoid mn_a(void);\n\nint mn_b(int x);\n", "comment"),
        (HEADER, LICENCE + "\nstatic inline int mn_a(void)\n{\n\treturn 1;\n}\n", "comment"),
        ("a.c", LICENCE + "x" * 100 + "\n", None),
        ("notes.md", "x" * 101 + "\n", None),
        ("tools/x/program", "#!/bin/sh\n# SPDX-License-Identifier: MIT OR Apache-2.0\n", None),
        ("source/kernel/internal.h", LICENCE + "\nvoid mn__do(void);\n", None),
        (HEADER, LICENCE + "\nvoid mn__do(void);\n#define MNEMOS_X_H\n", None),
        (HEADER, LICENCE + "\n/* Group. */\nvoid mn_a(void);\nvoid mn_b(void);\n", None),
        (HEADER, LICENCE + "\n/* X. */\nstruct mn_x {\n\tint a;\n};\n\nvoid mn_a(void);\n", None),
        (HEADER, LICENCE + "/*\n * Call mn_a().\n */\n\nvoid mn_a(void);\n", None),
        (HEADER, LICENCE + "/* M. */\n#define MN_X(a) \\\n\tdo {  \\\n\t} while (0)\n", None),
    ],
)
def test_tidy(tree, path, text, rule):
    put(tree, path, text)
    done = check("tidy", tree)
    assert re.findall(r"^(.*?):\d+: .*\[tidy\.(\w+)\]", done.stdout, re.M) == (
        [(path, rule)] if rule else []
    )
    assert done.returncode == (1 if rule else 0)


def test_an_exception_forgives_one_rule_in_one_place(tree):
    put(tree, "a.c", LICENCE + "int x; \n")
    put(tree, "b.c", LICENCE + "int x; \n")
    put(tree, "tools/lint/exceptions.txt", "tidy.blanks a.c the test says so\n")
    done = check("tidy", tree)
    assert "b.c:2" in done.stdout and "a.c" not in done.stdout


def test_an_exception_that_nothing_needs_is_an_error(tree):
    put(tree, "tools/lint/exceptions.txt", "tidy.blanks a.c the test says so\n")
    done = check("tidy", tree)
    assert done.returncode == 1
    assert "exceptions.txt:1: nothing needs this exception" in done.stdout
