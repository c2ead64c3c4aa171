# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects the front door: that its list of verbs is true, that mistakes get an answer, and that
`test` cannot count a failure as a success. What `run` does is in test_mn_run.py.

Where a verb would install, boot or count something, it runs in a copy of the front door with
stand-ins for what it starts."""
import os
import re
import select
import shutil
import socket
import subprocess

import pytest

from conftest import DEADLINE_S
from front_door import ROOT, door, load, mn  # noqa: F401 - a fixture is used by its name
from target import File

NOBODY = 65534


def verbs():
    return re.findall(r"^  (\w+)  ", mn("help").stdout, re.M)


def test_help_lists_exactly_the_verbs_there_are():
    files = [path for path in (ROOT / "tools/mn").iterdir() if path.is_file()]
    assert sorted(verbs()) == sorted(path.name for path in files if os.access(path, os.X_OK))


def test_each_verb_has_details():
    for verb in verbs():
        assert mn("help", verb).stdout.startswith(f"Usage: ./mn {verb}"), verb


def test_clean_and_doctor_take_no_argument(door):
    (door / "build/host").mkdir(parents=True)
    for verb in "clean", "doctor":
        result = mn(verb, "host", root=door)
        assert (result.returncode, result.stderr.count("takes no argument")) == (2, 1)
    assert (door / "build/host").is_dir()


def test_no_verb_is_help():
    assert mn().stdout == mn("help").stdout == mn("--help").stdout


@pytest.mark.parametrize("typo, meant", [("tset", "test"), ("buidl", "build"), ("rnu", "run")])
def test_unknown_verb_names_the_likely_one(typo, meant):
    done = mn(typo)
    assert done.returncode == 2
    assert f"Did you mean '{meant}'?" in done.stderr


def test_unknown_verb_that_is_like_none_gets_no_guess():
    done = mn("zzzzzzzz")
    assert done.returncode == 2
    assert "unknown verb 'zzzzzzzz'" in done.stderr and "Did you mean" not in done.stderr


@pytest.mark.parametrize(
    "line, said",
    [
        (["run", "nonesuch"], "no platform 'nonesuch'"),
        (["run", "--fast"], "after '--'"),
        (["build", "nonesuch"], "no variant 'nonesuch'"),
        (["setup", "nonesuch"], "no package group 'nonesuch'"),
        (["lint", "nonesuch"], "no check 'nonesuch'"),
        (["attach", "nonesuch"], "'nonesuch' is no target"),
        (["format", "nonesuch.c"], "no file 'nonesuch.c'"),
    ],
)
def test_wrong_argument_is_exit_code_2_and_says_what_is_wrong(line, said):
    done = mn(*line)
    assert done.returncode == 2
    assert said in done.stderr


def test_works_from_elsewhere_through_a_link_with_a_space(tmp_path):
    link = tmp_path / "my mn"
    link.symlink_to(ROOT / "mn")
    done = subprocess.run([link, "help"], cwd="/", capture_output=True, text=True)
    assert done.stdout == mn("help").stdout


def test_build_in_a_path_with_a_space_and_nothing_to_do_says_nothing(door):
    (door / "meson.build").write_text("project('p', 'c')\nexecutable('p', 'p.c')\n")
    (door / "p.c").write_text("int main(void) { return 0; }\n")
    first = mn("build", "host", root=door, cwd="/")
    assert first.returncode == 0 and "built host" in first.stderr
    assert subprocess.run([door / "build/host/p"]).returncode == 0
    again = mn("build", "host", root=door, cwd="/")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_build_that_fails_shows_the_compiler_and_ends_with_1(door):
    (door / "meson.build").write_text("project('p', 'c')\nexecutable('p', 'p.c')\n")
    (door / "p.c").write_text("int main(void) { return nonesuch; }\n")
    done = mn("build", "host", root=door)
    assert done.returncode == 1
    assert "undeclared" in done.stderr


def test_doctor_exit_code_follows_from_what_it_found():
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(("127.0.0.1", 9999))
        taken.listen()
    except OSError:
        pass  # somebody else has it, which is as good
    with taken:
        done = mn("doctor")
    assert done.returncode == 1
    assert re.search(r"^wrong  TCP port 9999 is taken by ", done.stdout, re.M)
    without = mn("doctor")
    assert without.returncode == int("\nwrong " in without.stdout)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody without rights")
def test_without_root_the_exact_command_is_printed(door):
    with open(door / "tools/mn/packages.txt", "a") as packages:
        packages.write("run mnemos-no-such-package only to be missing\n")
    for place in door, door / ".mn":
        os.chown(place, NOBODY, NOBODY)
    as_nobody = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    done = subprocess.run(
        [*as_nobody, door / "mn", "run"], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert re.search(r"^apt-get install .*\bmnemos-no-such-package$", done.stdout, re.M)


def test_source_that_is_there_is_known_and_not_fetched_again(door):
    with open(door / "tools/mn/packages.txt", "a") as packages:
        packages.write("odd src:mnemos-no-such-package only to be there\n")
    assert "'odd' missing: src:mnemos-no-such-package" in mn("doctor", root=door).stdout
    (door / ".mn/source/mnemos-no-such-package").mkdir(parents=True)
    done = mn("setup", "odd", root=door)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "ok     packages for 'odd'" in mn("doctor", root=door).stdout


# Instead of apt-get: fetches a source when it is told to.
FETCH = """#!/bin/bash
[[ " $* " == *" source "* ]] || exit 0
read -r <"$MN_TEST"
mkdir odd-1.0
echo text >odd-1.0/file
tar -czf odd_1.0.orig.tar.gz odd-1.0
"""


def test_two_at_once_fetch_a_source_once(door, start, tmp_path):
    with open(door / "tools/mn/packages.txt", "a") as packages:
        packages.write("odd src:mnemos-no-such-package only to be fetched\n")
    (tmp_path / "apt-get").write_text(FETCH)
    (tmp_path / "apt-get").chmod(0o755)
    os.mkfifo(tmp_path / "go")
    told = File(os.open(tmp_path / "go", os.O_RDWR))
    env = {"MN_ROOT": str(door), "MN_TEST": str(tmp_path / "go"),
           "PATH": f"{tmp_path}:/usr/bin:/bin"}
    setups = []
    for said in "fetching the source", "waiting for another ./mn":
        setups.append(start(door / "tools/mn/setup", "odd", env=env))
        setups[-1].wait_for(said)
    told.sendall(b"\n")
    assert [setup.end() for setup in setups] == [0, 0]
    told.close()
    assert [b"fetching the source" in setup.text for setup in setups] == [True, False]
    assert (door / ".mn/source/mnemos-no-such-package/file").read_text() == "text\n"
    assert not list((door / ".mn/source").glob("*.part"))


def test_each_group_that_fetches_a_source_can_unpack_it():
    """A fresh machine has no xz, and `./mn setup GROUP` installs that group alone."""
    lines = (ROOT / "tools/mn/packages.txt").read_text().splitlines()
    packages = {tuple(line.split()[:2]) for line in lines if line and not line.startswith("#")}
    fetching = {group for group, package in packages if package.startswith("src:")}
    assert fetching == {group for group in fetching if (group, "xz-utils") in packages}


def test_scripts_are_clean_for_shellcheck():
    if not shutil.which("shellcheck"):
        pytest.skip("no shellcheck")
    done = mn("lint", "shell")
    assert done.returncode == 0, done.stdout


# --- coverage: a project of one line for each test, on the desk and on a board that plays

COUNTED = """int main(int argc, char **argv)
{
	switch (argv[1][0]) {
	case '1': return 0;
	case '2': return 0;
	case '3': return 0;
	default: return argc;
	}
}
"""
COUNTED_BUILD = """project('p', 'c')
p = executable('p', 'source/kernel/p.c')
if get_option('warning_level') == '1'
  test('desk', p, args: '1', suite: 'unit')
else
  test('board 2', find_program('board'), args: [p, '2'], suite: 'unit')
  test('board 3', find_program('board'), args: [p, '3'], suite: 'unit')
endif
"""
# What the program counts is given to the verb in the form that a board has for it.
PLAYED_BOARD = """#!/bin/bash
saved=$(mktemp -d -p "$MN_COVERAGE") there=$(mktemp -d)
GCOV_PREFIX=$there "$@" && cd "$there" || exit
find . -name '*.gcda' | while read -r file; do
	name=${file#.}
	cp "$file" "$saved/${name//\\//#}"
done
rm -r "$there"
"""


def test_coverage_joins_desk_and_boards_and_tells_of_a_failure(door):
    (door / "source/kernel").mkdir(parents=True)
    (door / "source/kernel/p.c").write_text(COUNTED)
    (door / "meson.build").write_text(COUNTED_BUILD)
    (door / "board").write_text(PLAYED_BOARD)
    (door / "board").chmod(0o755)
    (door / "tools/mn/variants.txt").write_text(
        "coverage gcc run none --buildtype=debug -Db_coverage=true\n"
        "coverage-board gcc run none --buildtype=debug -Dwarning_level=0 -Db_coverage=true\n"
    )
    done = mn("coverage", root=door)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["source/kernel", "6", "50.0", "%", "66.7", "%", "83.3", "%"] in rows
    assert (door / "build/coverage.html/index.html").is_file()

    (door / "source/kernel/p.c").write_text(COUNTED.replace("'1': return 0", "'1': return 1"))
    done = mn("coverage", root=door)
    assert (done.returncode, "tests have failed: coverage\n" in done.stderr) == (1, True)


# --- test: what counts as what


@pytest.fixture
def runner(monkeypatch):
    return load("test", monkeypatch)


@pytest.mark.parametrize(
    "script, counts",
    [
        ("exit 0", (1, 0, 0)),
        ("exit 1", (0, 1, 0)),
        ("exit 77", (0, 0, 1)),
        ("kill -SEGV $$", (0, 1, 0)),
        ("echo 1..2; echo ok 1 - a; echo ok 2 - b", (2, 0, 0)),
        ("echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1", (1, 1, 0)),
        ("echo 1..2; echo ok 1 - a; echo ok 2 '# SKIP' b", (1, 0, 1)),
        ("echo 1..3; echo ok 1 - a; kill -ABRT $$", (1, 2, 0)),
        ("echo 1..3; echo ok 1 - a", (1, 2, 0)),
        ("echo 1..1; echo ok 1 - a; exit 1", (1, 1, 0)),
        ("echo 1..1; echo ok 1 - a; kill -ABRT $$", (1, 1, 0)),
        ("exec /nonexistent/program", (0, 1, 0)),
    ],
)
def test_runner_counts(runner, script, counts):
    result = runner.run(runner.Test("t", ["/bin/bash", "-c", script], {}, "/", 30, False))
    assert (result.passed, result.failed, result.skipped) == counts


def test_runner_ends_a_hang_with_all_its_children(runner, monkeypatch):
    child = []

    class Begun(subprocess.Popen):
        """Its time counts from when its child is there, however long a shell takes to start."""

        def communicate(self, timeout=None, **more):
            if not child:
                child.append(os.pidfd_open(int(self.stdout.readline())))
            return super().communicate(timeout=timeout, **more)

    monkeypatch.setattr(subprocess, "Popen", Begun)
    script = "cat /dev/zero >/dev/null & echo $!; wait"
    result = runner.run(runner.Test("t", ["/bin/bash", "-c", script], {}, "/", 0.2, False))
    assert result.failed == 1 and "no end within" in result.why
    assert select.select(child, [], [], DEADLINE_S)[0]
    os.close(child[0])


TWO_BUILDS = """project('p', 'c')
p = executable('p', 'p.c')
if get_option('warning_level') == '1'
  test('desk', p, suite: 'unit')
else
  test('board', p, suite: 'unit')
  test('line', p, suite: 'system')
endif
"""


def test_runner_builds_what_has_a_wanted_test(door):
    """A list builds nothing; a whole-system test of a board needs the host's programs, too."""
    (door / "p.c").write_text("int main(void) { return 0; }\n")
    (door / "meson.build").write_text(TWO_BUILDS)
    (door / "tools/mn/variants.txt").write_text(
        "host gcc run all\nfar gcc run all -Dwarning_level=0\n")

    def built():
        return {program.parent.name for program in door.glob("build/*/p")}

    done = mn("test", "--list", root=door)
    assert done.stdout == "host/unit/desk\nfar/unit/board\nfar/system/line\n"
    assert done.returncode == 0 and built() == set()
    assert mn("test", "nothing", root=door).returncode == 1 and built() == set()
    assert mn("test", "board", root=door).stdout.endswith("1 passed, 0 failed\n")
    assert built() == {"far"}
    assert mn("test", "far/system/line", root=door).stdout.endswith("1 passed, 0 failed\n")
    assert built() == {"far", "host"}
    (door / "meson.build").write_text("no such thing")
    broken = mn("test", root=door)
    assert broken.stdout.endswith("failed: host/build far/build\n0 passed, 2 failed\n")
    assert broken.returncode == 1


def test_runner_counts_pytest_cases(runner, tmp_path):
    file = tmp_path / "test_x.py"
    file.write_text(
        "import pytest\n"
        "def test_a(): pass\n"
        "def test_b(): assert False\n"
        "def test_c(): pytest.skip('why')\n"
    )
    command = ["/usr/bin/python3", "-m", "pytest", "-q", str(file)]
    result = runner.run(runner.Test("t", command, {}, str(tmp_path), 60, False))
    assert (result.passed, result.failed, result.skipped) == (1, 1, 1)
