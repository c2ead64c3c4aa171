# SPDX-License-Identifier: MIT OR Apache-2.0
"""melpomene as a user starts it: its options, its log, its ends; not its line."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess

import pytest

import sermux
from conftest import free_ports, program
from simulator import QUIET, board, melpomene  # noqa: F401 - a fixture is used by its name


# What it says when it cannot


def test_an_address_in_use_is_told(melpomene, tmp_path):
    port = free_ports(1)
    melpomene("--serial", f"127.0.0.1:{port}").address()
    second = melpomene("--serial", f"127.0.0.1:{port}").process
    assert second.end() == 1
    second.wait_for(rf"melpomene: cannot listen on 127.0.0.1:{port}: it is in use, .*--serial")
    melpomene("--serial", f"unix:{tmp_path}/line").address()
    second = melpomene("--serial", f"unix:{tmp_path}/line").process
    assert second.end() == 1
    second.wait_for("cannot listen on unix:.*/line: it is in use")


def test_a_file_that_is_no_socket_is_left_alone(melpomene, tmp_path):
    path = tmp_path / "precious"
    path.write_text("data")
    process = melpomene("--serial", f"unix:{path}").process
    assert process.end() == 1
    assert path.read_text() == "data"


@pytest.mark.parametrize("address", ["9999", ":9999", "127.0.0.1:", "127.0.0.1:65536", "::1:9999",
                                     "[::1]", "unix:", "unix:" + "x" * 108, "pty:x", "h:-1"])
def test_bad_addresses(melpomene, address):
    process = melpomene("--serial", address).process
    assert process.end() == 2
    process.wait_for(r'melpomene: --serial: ".*": ')


@pytest.mark.parametrize("arguments, said", [
    (["--bogus"], "unknown .*--bogus"),
    (["-x"], "unknown option: -x"),
    (["--seed"], "--seed needs an argument: N"),
    (["--seed", "-1"], '--seed: "-1" is not a number'),
    (["--seed", "1x"], '--seed: "1x" is not a number'),
    (["--seed", "18446744073709551616"], "is not a number from 0 to 18446744073709551615"),
    (["--time", "fast"], '--time: "fast" is not "real" or "virtual"'),
    (["--exit-after", "10"], '--exit-after: "10" is not a duration .*such as 500ms'),
    (["--exit-after", "0s"], "is not a duration"),
    (["--exit-after", "99999999999999h"], "is not a duration"),
    (["--poll-budget", "1h"], "is not a duration from 1us to 1000s"),
    (["--trace", "info,kernel=loud,x"], '--trace: "kernel=loud" in .* is not a level'),
    (["--trace", ",".join(f"t{i}=info" for i in range(9))], '"t8=info" in .*at most 8 targets'),
    (["--trace", 32 * "t" + "=info"], "each at most 31 characters"),
    (["file"], "unexpected argument: file"),
])
def test_bad_options(melpomene, arguments, said):
    process = melpomene(*arguments).process
    assert process.end() == 2
    process.wait_for("melpomene: .*" + said)


def test_a_bad_trace_filter_of_the_environment_is_told(melpomene):
    process = melpomene(env={**os.environ, "MELPOMENE_TRACE": "lots"}).process
    assert process.end() == 2
    process.wait_for('MELPOMENE_TRACE: "lots"')


def test_a_bad_board_file_is_told_with_line_and_key(melpomene, tmp_path):
    path = board(tmp_path, "[services.sermux_hello]\nenabled = true\nintervall = 3\n")
    process = melpomene("--config", path).process
    assert process.end() == 1
    process.wait_for(r"board.toml:9: services.sermux_hello.intervall: unknown key .*interval")


def test_a_board_file_that_is_not_there_is_told(melpomene, tmp_path):
    process = melpomene("--config", tmp_path / "none.toml").process
    assert process.end() == 1
    process.wait_for("none.toml: No such file")


def test_a_board_file_without_the_tree_that_reads_it_is_told(tmp_path):
    """As of one that was installed, and its source tree is no more."""
    built = pathlib.Path(program("platforms", "melpomene", "melpomene")).read_bytes()
    here, gone = b"/tools/config/mnconfig", b"/tools/config/is_gone!"
    assert here in built and len(here) == len(gone)
    moved = tmp_path / "melpomene"
    moved.write_bytes(built.replace(here, gone))
    moved.chmod(0o755)
    done = subprocess.run([moved, "--config", board(tmp_path, "")], capture_output=True, text=True)
    assert done.returncode == 1 and not done.stdout
    assert re.fullmatch(r"melpomene: cannot read \S+board.toml: that takes \S+is_gone!, of the "
                        r"source tree .*: No such file or directory; .*-Dconfig=\S+board.toml .*\n",
                        done.stderr)


# Time, log and state


def trace_of(melpomene, tmp_path, *arguments) -> bytes:
    process = melpomene("--serial", f"unix:{tmp_path}/line", "--time=virtual", "--trace=trace",
                        "--exit-after=1000s", "--dump", *arguments).process
    assert process.end() == 0
    return process.text


def test_the_same_seed_gives_the_same_trace(melpomene, tmp_path):
    trace = trace_of(melpomene, tmp_path, "--seed", "7")
    assert trace.count(b"\n") > 1000
    assert b"\n[    1.000000] " in trace and b"\n[  999.000000] " in trace
    assert trace_of(melpomene, tmp_path, "--seed", "7") == trace


def test_it_ends_after_its_time(melpomene):
    process = melpomene("--exit-after", "50ms").process
    assert process.end() == 0


def test_nothing_due_does_not_stop_virtual_time(melpomene, tmp_path):
    process = melpomene("--config", board(tmp_path, QUIET), "--time=virtual",
                        "--exit-after=1000h").process
    assert process.end() == 0


def test_the_log_has_its_form_and_the_environments_filter(melpomene):
    process = melpomene("--exit-after=1ms", env={**os.environ, "MELPOMENE_TRACE": "debug"}).process
    assert process.end() == 0
    process.wait_for(r"\n\[    0\.\d{6}\] DEBUG kernel::registry: simple_serial #1: register, ")
    assert b"\033" not in process.text


def test_a_log_on_a_full_disk_is_told_at_the_end(tmp_path):
    command = [program("platforms", "melpomene", "melpomene"), "--serial", f"unix:{tmp_path}/line",
               "--time=virtual", "--exit-after=1ms", "--dump"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (
        1, "melpomene: some of the log could not be written: No space left on device\n")


def test_an_option_beats_the_environment(melpomene):
    process = melpomene("--exit-after=1ms", "--trace=off",
                        env={**os.environ, "MELPOMENE_TRACE": "nonsense"}).process
    assert process.end() == 0
    assert b"DEBUG" not in process.text


def read_to_the_end(terminal):
    """What was written to it; all who did have ended."""
    with contextlib.suppress(OSError):
        while more := os.read(terminal, 65536):
            yield more


@pytest.mark.parametrize("environment, colours", [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_are_for_terminals(melpomene, environment, colours):
    reader, writer = os.openpty()
    melpomene("--exit-after=1ms", "--trace=debug", stdout=writer,
              env={**os.environ, "TERM": "xterm", **environment}).process.end()
    os.close(writer)
    text = b"".join(read_to_the_end(reader))
    assert b"DEBUG" in text
    assert (b"\033[" in text) == colours
    os.close(reader)


def test_a_dump_on_demand_says_who_waits_for_what(melpomene, tmp_path):
    """No greeting comes that soon, however slow the machine is."""
    greets = QUIET + "[services.sermux_hello]\nenabled = true\ninterval = \"3600s\"\n"
    machine = melpomene("--config", board(tmp_path, greets), "--account")
    machine.connect().echo(b"x")
    machine.process.process.send_signal(signal.SIGUSR1)
    machine.process.wait_for(r"loopback #\d+ at \S+ waits for bytes")
    machine.process.wait_for(r"hello #\d+ at \S+ waits for time")
    machine.process.wait_for(r"CPU time:\n")
    machine.process.wait_for(r"loopback #\d+: \d+ polls, \d+ us")
    machine.process.wait_for(r"heap: \d+ of \d+ bytes used")
    machine.process.wait_for(r"serial line: a client is connected;.* in all 5 in, 5 out")


def test_a_dump_counts_every_kind_of_bad_frame(melpomene):
    machine = melpomene()
    line = machine.connect()
    bad = b"\x05\x01\x02\x00"  # points behind its end
    short = b"\x02\x0a\x01\x00"  # no payload
    line.say(bad * 3 + short * 2 + b"\xff" * 600 + b"\x00" + sermux.frame(77, b"?") * 4)
    line.echo(b"x")
    machine.process.process.send_signal(signal.SIGUSR1)
    machine.process.wait_for(
        r"serial mux: 5 frames in, \d+ out; not a frame: 3 garbage, 2 too short, 1 too long; "
        r"for ports not open: 4; bytes dropped for want of room: 0; .* peers: 1\n"
    )


def test_a_poll_over_its_budget_is_named(melpomene):
    """Nothing is done in a microsecond under an emulated load of frames."""
    machine = melpomene("--poll-budget=1us")
    line = machine.connect()
    line.say(sermux.frame(0, b"b" * 500) * 1000)
    machine.process.wait_for(r"WARN  kernel: task \S+ #\d+ ran \d+ us in one poll, its budget is 1")


# Ends


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_good_order(melpomene, number):
    machine = melpomene()
    line = machine.connect()
    assert line.echo(b"x") == b"x"
    assert machine.process.end(number) == 128 + number
    assert b"Sanitizer" not in machine.process.text


def test_a_hangup_that_is_ignored_ends_nothing(melpomene):
    machine = melpomene(
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))  # as nohup(1) does
    line = machine.connect()
    machine.process.process.send_signal(signal.SIGHUP)
    assert line.echo(b"x") == b"x"
    assert machine.process.end(signal.SIGTERM) == 128 + signal.SIGTERM


def test_a_fault_is_reported_here_and_on_the_line(melpomene, tmp_path):
    machine = melpomene("--config", board(tmp_path, QUIET))
    line = machine.connect()
    assert line.echo(b"x") == b"x"
    machine.process.process.send_signal(signal.SIGSEGV)
    text = b"".join(iter(lambda: line.sock.recv(65536), b""))
    assert machine.process.end() != 0
    machine.process.wait_for(r"fatal signal: SIGSEGV\nmelpomene: \d+ tasks\n")
    machine.process.wait_for(r"loopback #\d+ at ")
    machine.process.wait_for("You've met with a terrible fate, haven't you\\?")
    start, report, fate, rest = text.split(b"\0")
    assert start == rest == b""
    assert report.startswith(b"\r\nfatal signal: SIGSEGV\r\n")
    assert b"loopback #" in report
    assert fate.startswith(b"You've met with a terrible fate")


def test_help_and_version(start):
    for option, said in (("--help", "Usage: melpomene"), ("--version", r"melpomene \d+\.\d+")):
        process = start(program("platforms", "melpomene", "melpomene"), option)
        assert process.end() == 0
        process.wait_for(said)
        with open("/dev/full", "w") as full:
            done = subprocess.run([program("platforms", "melpomene", "melpomene"), option],
                                  stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1 and "cannot write: No space left" in done.stderr
