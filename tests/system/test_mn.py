# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects the front door: that its list of verbs is true, that mistakes get an answer, that
`run` leaves nothing behind, and that `test` cannot count a failure as a success.

Where a verb would install, boot or count something, it runs in a copy of the front door with
stand-ins for what it starts."""

import importlib.machinery
import importlib.util
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import termios

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOBODY = 65534


def mn(*args, root=ROOT, **options):
    """What a call of the front door printed and how it ended."""
    options = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, **options}
    return subprocess.run([str(root / "mn"), *args], timeout=100, **options)


def verbs():
    return re.findall(r"^  (\w+)  ", mn("help").stdout, re.M)


def load(verb, monkeypatch):
    """A verb's program as a module."""
    monkeypatch.setenv("MN_ROOT", str(ROOT))
    monkeypatch.syspath_prepend(str(ROOT / "tools/mn"))
    loader = importlib.machinery.SourceFileLoader(f"mn_{verb}", str(ROOT / "tools/mn" / verb))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(f"mn_{verb}", loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def door():
    """A copy of the front door, in a directory with a space that everybody may enter."""
    top = pathlib.Path(tempfile.mkdtemp(prefix="mn "))
    top.chmod(0o755)
    shutil.copy(ROOT / "mn", top)
    shutil.copytree(ROOT / "tools/mn", top / "tools/mn")
    yield top
    shutil.rmtree(top)


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
    os.chown(door, NOBODY, NOBODY)
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


# --- run: two processes in one terminal

# Each line is one write, so that the two do not mix within a line.
STAND_IN = """#!/usr/bin/python3
import os, signal, sys, termios
def say(*words): os.write(1, (" ".join(map(str, words)) + "\\n").encode())
"""
MELPOMENE = STAND_IN + """
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
say("melpomene", os.getpid(), *sys.argv[1:])
if sys.argv[1:] == ["die"]: sys.exit(3)
if sys.argv[1:] == ["crash"]: os.kill(os.getpid(), signal.SIGSEGV)
signal.sigwait([signal.SIGTERM])
say("melpomene down")
if sys.argv[1:] == ["hang"]: signal.sigwait([signal.SIGTERM])
"""
# Leaves the terminal without echo, as a crash would.
CROWTTY = STAND_IN + """
mode = termios.tcgetattr(0)
mode[3] &= ~termios.ECHO
termios.tcsetattr(0, termios.TCSANOW, mode)
signal.signal(signal.SIGTERM, lambda *_: (say("crowtty down"), sys.exit(0)))
say("crowtty", os.getpid(), *sys.argv[1:])
for line in sys.stdin:
    if line == "quit\\n": sys.exit(0)
    say("typed", line.strip())
"""


class Session:
    """`mn run` on a terminal of its own, with stand-ins for both programs."""

    def __init__(self, door, *args):
        for name, text in (("platforms/melpomene", MELPOMENE), ("tools/crowtty", CROWTTY)):
            program = door / "build/host" / name / pathlib.Path(name).name
            program.parent.mkdir(parents=True)
            program.write_text(text)
            program.chmod(0o755)
        (door / "tools/mn/build").write_text("#!/bin/bash\n")
        self.text = ""
        self.terminal, inside = os.openpty()
        self.mode = termios.tcgetattr(self.terminal)
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.terminal)
            os.login_tty(inside)
            os.execv(door / "mn", [str(door / "mn"), "run", *args])
        os.close(inside)

    def read_until(self, pattern):
        """Returns the match; the end of the output before it is a failure."""
        while not re.search(pattern, self.text):
            self.text += os.read(self.terminal, 4096).decode()
        return re.search(pattern, self.text)

    def boot(self):
        names = ("melpomene", "crowtty")
        self.pids = [int(self.read_until(name + r" (\d+)\s")[1]) for name in names]

    def type(self, text):
        os.write(self.terminal, text.encode())

    def end(self):
        """The exit code, once both programs are gone and the terminal is as it was."""
        try:
            while True:
                self.text += os.read(self.terminal, 4096).decode()
        except OSError:
            pass  # the last process has closed the terminal
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        for pid in getattr(self, "pids", []):
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
        assert termios.tcgetattr(self.terminal) == self.mode
        os.close(self.terminal)
        return code


def test_run_ctrl_c_ends_both_and_gives_the_terminal_back(door):
    session = Session(door)
    session.boot()
    session.type("\x03")
    assert session.end() == 130
    assert "melpomene down" in session.text


def test_run_ends_crowtty_before_its_line(door):
    """It would tell that the line is lost, and that it waits."""
    session = Session(door)
    session.boot()
    os.kill(session.pid, signal.SIGTERM)
    assert session.end() == 128 + signal.SIGTERM
    assert session.text.index("crowtty down") < session.text.index("melpomene down")


def test_run_gives_the_keyboard_to_crowtty_and_the_arguments_to_melpomene(door):
    session = Session(door, "melpomene", "--", "--seed", "7")
    session.boot()
    session.read_until(r"melpomene \d+ --seed 7\s")
    session.read_until(r"crowtty \d+ --wait\s")
    session.type("hello\n")
    session.read_until("typed hello")
    session.type("quit\n")
    assert session.end() == 0
    assert "melpomene down" in session.text


@pytest.mark.parametrize(
    "args, line",
    [
        (["--serial", "127.0.0.1:9998"], "tcp:127.0.0.1:9998"),
        (["--serial=[::1]:9998", "--seed", "7"], "tcp:[::1]:9998"),
        (["-s", "unix:line"], "unix:line"),
        (["--config", "BOARD"], "tcp:127.0.0.1:9997"),
        (["--serial", "unix:line", "--config", "BOARD"], "unix:line"),
    ],
)
def test_run_takes_crowtty_to_the_line_that_melpomene_offers(door, tmp_path, args, line):
    board = tmp_path / "board.toml"
    board.write_text('[platform.tcp_uart]\nenabled = true\nsocket_addr = "127.0.0.1:9997"\n')
    session = Session(door, "--", *(str(board) if word == "BOARD" else word for word in args))
    session.boot()
    session.read_until(rf"crowtty \d+ --wait {re.escape(line)}\s")
    session.type("quit\n")
    assert session.end() == 0


@pytest.mark.parametrize("place", ["pty", "127.0.0.1:0"])
def test_run_refuses_a_line_whose_place_is_not_known_before(door, place):
    session = Session(door, "--", "--serial", place)
    assert session.end() == 2
    assert "./mn attach" in session.text


@pytest.mark.parametrize("text", ["", "[platform.tcp_uart]\nenabled = false\n"])
def test_run_refuses_a_board_without_a_line(door, tmp_path, text):
    """crowtty would wait for ever."""
    (tmp_path / "board.toml").write_text(text)
    session = Session(door, "--", "-c", str(tmp_path / "board.toml"))
    assert session.end() == 2
    assert "enables no serial line" in session.text


def test_run_that_is_killed_takes_both_with_it(door):
    session = Session(door)
    session.boot()
    os.kill(session.pid, signal.SIGKILL)
    session.read_until("melpomene down")
    os.waitpid(session.pid, 0)
    os.close(session.terminal)


def test_run_ends_when_melpomene_fails(door):
    session = Session(door, "--", "die")
    assert session.end() == 3
    assert "melpomene ended with exit code 3" in session.text


def test_run_names_the_signal_of_a_crash(door):
    session = Session(door, "--", "crash")
    assert session.end() == 128 + signal.SIGSEGV
    assert "melpomene was ended by signal SIGSEGV" in session.text


def test_run_ends_what_hangs_at_the_second_ctrl_c(door):
    session = Session(door, "--", "hang")
    session.boot()
    session.type("\x03")
    session.read_until("melpomene down")
    session.type("\x03")
    assert session.end() == 130


# --- run --demo


@pytest.fixture
def demos(door):
    """The door, with demonstrations of its own: their directories."""
    for platform in "melpomene", "riscv-virt":
        directory = door / "platforms" / platform / "demos"
        directory.mkdir(parents=True)
        for name in "one", "two":
            (directory / f"{name}.toml").write_text(
                '[platform.tcp_uart]\nenabled = true\nsocket_addr = "127.0.0.1:9996"\n')
    return door / "platforms"


def test_run_shows_a_demonstration(door, demos, monkeypatch):
    for place in "DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER":
        monkeypatch.delenv(place, raising=False)
    session = Session(door, "--demo", "two", "--", "--seed", "7")
    session.boot()
    session.read_until(r"mn: there is no desktop for a window; .* ./mn screenshot FILE.png")
    session.read_until(rf"melpomene \d+ --config {demos}/melpomene/demos/two.toml --seed 7\s")
    session.read_until(r"crowtty \d+ --wait --raw-keyboard tcp:127.0.0.1:9996\s")
    session.type("quit\n")
    assert session.end() == 0


@pytest.mark.parametrize("line, understood", [
    (["--demo", "one", "riscv64"], ("riscv64", "one", [])),
    (["riscv32", "--demo=two", "--", "--demo", "x"], ("riscv32", "two", ["--demo", "x"])),
    (["--demo", "three"], "no demonstration 'three' for melpomene; there is: one, two"),
    (["mps2", "--demo", "one"],
     "mps2 has no screen for a demonstration; these have: melpomene, riscv64, riscv32"),
    (["--demo"], "--demo: which one?"),
])
def test_run_knows_which_demonstrations_there_are(door, demos, line, understood, monkeypatch,
                                                  capsys):
    run = load("run", monkeypatch)
    monkeypatch.setattr(run, "ROOT", door)
    try:
        assert run.arguments(line) == understood
    except SystemExit as end:
        assert end.code == 2
        assert understood in capsys.readouterr().err


def test_run_gives_a_board_the_devices_of_its_screen(monkeypatch):
    """With the image that has the demonstration, and each key at once."""
    run = load("run", monkeypatch)
    started = []

    def start(command, **_options):
        started.append([str(word) for word in command])
        if "crowtty" in started[0][0] and len(started) == 1:
            run.socket.socket(socket.AF_UNIX).connect(started[0][-1].removeprefix("unix:"))

    monkeypatch.setattr(run, "start", start)
    monkeypatch.setenv("DISPLAY", "")
    monkeypatch.setenv("WAYLAND_DISPLAY", "")
    run.start_board("riscv64", "clock", ["-extra"])
    crowtty, qemu = started
    assert "--raw-keyboard" in crowtty
    assert str(ROOT / "build/riscv64/platforms/riscv-virt/demo-clock.elf") in qemu
    assert {"virtio-gpu-device", "virtio-keyboard-device", "-extra"} < set(qemu)
    started.clear()
    run.start_board("riscv64", None, [])
    crowtty, qemu = started
    assert "--raw-keyboard" not in crowtty and "virtio-gpu-device" not in qemu


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


def test_runner_ends_a_hang_with_all_its_children(runner):
    script = "cat /dev/zero >/dev/null & echo $!; wait"
    result = runner.run(runner.Test("t", ["/bin/bash", "-c", script], {}, "/", 0.2, False))
    assert result.failed == 1 and "no end within" in result.why
    status = pathlib.Path(f"/proc/{int(result.output)}/status")
    assert not status.exists() or "(zombie)" in status.read_text()


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
