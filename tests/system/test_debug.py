# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects the view of a kernel from outside: gdb names tasks, waits, services and memory of a
live program, of a core file and of a board, and says where a broken list ends.

On a cross build the board is looked at, on the host melpomene and the book's deadlock.
"""
import os
import re
import shutil
import subprocess
import sys

import pytest

from conftest import BOARD, DEADLINE_S, ROOT, on_board, on_host, program

sys.path.insert(0, str(ROOT / "tools/mn"))
import boards  # noqa: E402

COMMANDS = str(ROOT / "tools/gdb/mnemos.py")
TASKS = ["simple_serial #1", "serial_mux #2", "loopback #3", "hello #4", r"serial_mux_rx #\d"]
LOOK = ["mn tasks", "mn waits", "mn services", "mn heap"]
# The front door's own function, without the build before it.
DEBUG_BOARD = f"""
import importlib.machinery, importlib.util, sys
loader = importlib.machinery.SourceFileLoader("debug", {str(ROOT / "tools/mn/debug")!r})
debug = importlib.util.module_from_spec(importlib.util.spec_from_loader("debug", loader))
loader.exec_module(debug)
sys.exit(debug.debug_board(sys.argv[1], sys.argv[2], []))
"""


@pytest.fixture(autouse=True)
def gdb_is_there():
    if not shutil.which("gdb-multiarch"):
        pytest.skip("no gdb-multiarch")


def run(*command, **options):
    done = subprocess.run(
        list(map(str, command)), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=DEADLINE_S, **options)
    if "ptrace: Operation not permitted" in done.stdout:
        pytest.skip("this machine allows no ptrace")
    return done.stdout


def gdb(commands, *arguments):
    """What gdb says to some commands; the user's own settings stay out of it."""
    words = [word for command in commands for word in ("-ex", command)]
    return run("gdb-multiarch", "-nx", "-batch", "-iex", "set debuginfod enabled off",
               "-x", COMMANDS, *words, *arguments, stdin=subprocess.DEVNULL)


def gdb_melpomene(tmp_path, *commands):
    """At the first moment when there is nothing to do: everything waits."""
    return gdb(["break mn_platform_wait if deadline_us", "run", *commands, "kill"],
               "--args", program("platforms/melpomene/melpomene"), "--time", "virtual",
               "--serial", f"unix:{tmp_path}/line")


def gdb_deadlock(*commands):
    return gdb(["break mn_kernel_dump", "run", *commands, "kill"],
               program("book/examples/deadlock"))


def assert_names_the_system(said):
    for task in TASKS:
        assert re.search(rf"^  {task} at source/\S+:\d+: waiting, ran \d+ times", said, re.M), said
    assert "serial_mux.c" in said and "waits for a call to serial_mux, for" in said, said
    assert re.search(r"or the end of task serial_mux_rx #\d, for", said), said
    assert re.search(r"^  hello #4 at \S+: waits for time, for \d+ ms$", said, re.M), said
    assert "serial_mux 1.0 is service 2, of serial_mux #2" in said, said
    assert re.search(r"^  \d+ of \d+ bytes used in \d+ blocks", said, re.M), said
    assert re.search(r"^  loopback #3: \d+ bytes in 1 blocks", said, re.M), said
    assert "stopped:" not in said and "not readable" not in said, said


@on_host
def test_a_live_program(tmp_path):
    assert_names_the_system(gdb_melpomene(tmp_path, *LOOK))


@on_host
def test_a_core_file(tmp_path):
    core = tmp_path / "core"
    gdb_melpomene(tmp_path, f"generate-core-file {core}")
    assert_names_the_system(gdb(LOOK, program("platforms/melpomene/melpomene"), core))


@on_host
def test_a_core_file_of_a_panic(tmp_path):
    """In a task that has waited before; the process has aborted when its memory is kept."""
    core = tmp_path / "core"
    died = gdb(["break mn_hello__poll", "ignore 1 2", "run",
                'call mn__panic("here.c", 1, "a test")', f"generate-core-file {core}", "kill"],
               "--args", program("platforms/melpomene/melpomene"), "--time", "virtual",
               "--serial", f"unix:{tmp_path}/line")
    assert "panic at here.c:1: a test\nin task hello #4" in died and "SIGABRT" in died, died
    said = gdb([*LOOK, "bt"], program("platforms/melpomene/melpomene"), core)
    assert re.search(r"^  hello #4 at \S+: running, ran 3 times", said, re.M), said
    assert re.search(r"^  loopback #3 at \S+: waits for ", said, re.M), said
    assert "serial_mux 1.0 is service 2, of serial_mux #2" in said, said
    assert re.search(r"^  \d+ of \d+ bytes used in \d+ blocks", said, re.M), said
    assert "stopped:" not in said and "not readable" not in said, said
    assert "mn_platform_halt" in said, said


@on_host
def test_a_program_that_runs_already(start, tmp_path):
    melpomene = start(program("platforms/melpomene/melpomene"), "--serial", f"unix:{tmp_path}/line")
    melpomene.wait_for("hello")
    said = gdb(["mn tasks"], "-p", str(melpomene.pid))
    for task in TASKS:
        assert re.search(task, said), said


@on_host
def test_the_same_as_the_dump_says():
    """The commands and source/kernel/dump.c are two readers of one thing."""
    shown = gdb_deadlock("mn waits", "continue")
    reader, dump = shown.split("deadlock: 3 tasks\n")
    lines = [line for line in reader.splitlines() if line.startswith("  ")]
    assert len([line for line in lines if "waits for" in line]) == 3, shown
    assert lines[-1] == "  cycle: half #1 -> half #2 -> half #1", shown
    assert "\n".join(lines) in dump, shown


@on_host
@pytest.mark.parametrize("spoil, says", [
    ("set var kernel->tasks.next->next = (void *)1", "leads to 0x1, which cannot be read"),
    ("set var kernel->tasks.next->next = kernel->tasks.next", "leads back to"),
    ("set var kernel->tasks.next->next->next = kernel->tasks.next", "leads back to"),
])
def test_a_broken_list_of_tasks_ends_with_the_place(spoil, says):
    said = gdb_deadlock(spoil, "mn tasks", "mn waits")
    assert said.count("half #1 at") == 2, said
    assert len(re.findall(rf"^  stopped: tasks: .*{says}", said, re.M)) == 2, said


@on_host
def test_a_broken_wait_spoils_only_its_line():
    said = gdb_deadlock(
        "set var kernel->current = 0",
        "set $task = (struct mn_task *)((char *)kernel->tasks.next - "
        "(long)&((struct mn_task *)0)->all)",
        "set var $task->waits->on = (void *)1", "mn waits")
    assert re.search(r"half #1 at \S+: waits for a reply from \(not readable: ", said), said
    assert re.search(r"user #3 at \S+: waits for a reply from disk held by half #1", said), said


@on_host
def test_a_broken_heap_ends_with_the_place(tmp_path):
    said = gdb_melpomene(
        tmp_path, "set $heap = kernel->heap",
        "set var *(int *)((char *)$heap + $heap->first + 4) = 3", "mn heap")
    assert re.search(r"^  stopped: heap: the block at 0x\w+ ", said, re.M), said


@on_host
@pytest.mark.parametrize("command, says", [
    ("mn", "mn waits"),
    ("mn nonsense", "no command 'mn nonsense'"),
    ("mn tasks 42", "42 is a int, not a struct mn_kernel"),
    ("mn tasks nonsense", 'No symbol "nonsense"'),
    ("mn tasks", "no kernel has been initialised"),
])
def test_help_and_mistakes(command, says):
    assert says in gdb([command], program("platforms/melpomene/melpomene"))


@on_board
def test_a_board_from_its_first_instruction_on():
    """Were QEMU to outlive gdb, its output would stay open, and this would not end."""
    image = program(boards.BOARDS[BOARD].image)
    commands = ["mn tasks", "hbreak mn_platform_wait if deadline_us", "continue", *LOOK]
    said = run(sys.executable, "-c", DEBUG_BOARD, BOARD, image, input="\n".join(commands),
               env={**os.environ, "MN_ROOT": str(ROOT), "HOME": "/nonexistent",
                    "PYTHONPATH": str(ROOT / "tools/mn")})
    assert said.index("no kernel has been initialised") < said.index("simple_serial #1"), said
    assert_names_the_system(said.replace("(gdb) ", ""))
