# SPDX-License-Identifier: MIT OR Apache-2.0
"""melpomene as a user starts it: its serial line, its options, its ends."""
import os
import pathlib
import re
import select
import signal
import socket
import struct
import subprocess
import threading

import pytest

import sermux
from conftest import DEADLINE_S, ROOT, free_ports, program

HELLO = sermux.frame(1, b"hello\r\n")
TRACE = 3

# Payloads of the multiplex's test vectors, those that a default target answers.
PAYLOADS = {
    "S1": b"!",
    "S4": bytes.fromhex("110022000033"),
    "S5": bytes(3),
    "S8": b"dup\n",
    "S9": b"\xff",
    "S10": b"\x11" * 251,
    "S11": b"\x11" * 252,
    "S12": b"\x11" * 253,
    "S13": b"\x11" * 254,
    "S14": b"\x11" * 255,
    "S15": b"\x11" * 256,
    "S20": b"\x11" * 506,
    "S22": bytes(256),
    "S23": bytes(range(1, 256)),
}
# And what is no frame, too long, or for a port that nobody has: it disturbs nothing.
REFUSED = {
    "S2": sermux.frame(0x4269, bytes([1, 2, 3, 4])),
    "S6": bytes.fromhex("01010100"),
    "S7": bytes.fromhex("020a0100"),
    "S16": sermux.frame(0x4269, b"\x11" * 251),
    "S17": sermux.frame(0x4269, b"\x11" * 252),
    "S18": sermux.frame(0x4269, b"\x11" * 253),
    "S19": sermux.frame(0x4269, b"\x11" * 254),
    "S21": sermux.frame(0x4269, b"\x11" * 507),
    "one too long": sermux.frame(0, b"\x11" * 508),
    "zeros": bytes(5),
    "too short": b"\x01\0",
    "beyond the end": b"\x05\x01\x02\0",
    "endless": b"\x11" * 600 + b"\0",
}


class Line:
    """The other end of the serial line: frames in and out, but for those of the trace."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(DEADLINE_S)
        self.receiver = sermux.Receiver()
        self.frames = []

    def say(self, data: bytes):
        self.sock.sendall(data)

    def next_frame(self):
        while not self.frames:
            data = self.sock.recv(1 << 16)
            if not data:
                raise EOFError("melpomene closed the line")
            self.frames += [one for one in self.receiver.take(data) if one[0] != TRACE]
        return self.frames.pop(0)

    def payload(self, port: int, count: int) -> bytes:
        """The next `count` bytes of a port; what comes on others is left out."""
        data = b""
        while len(data) < count:
            at, payload = self.next_frame()
            if at == port:
                data += payload
        assert len(data) == count
        return data

    def echo(self, payload: bytes) -> bytes:
        self.say(sermux.frame(0, payload))
        return self.payload(0, len(payload))

    def close(self):
        self.sock.close()

    def vanish(self):
        """As a killed client does whose last bytes were not read: with a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Machine:
    def __init__(self, start, *arguments, **options):
        self.process = start(program("platforms", "melpomene", "melpomene"), *arguments,
                             **options)
        self.lines = []

    def address(self) -> str:
        return self.process.wait_for(r"serial line: (.*)\n").group(1).decode()

    def connect(self, receive_buffer=0) -> Line:
        if not self.lines:
            host, _, self.port = self.address().rpartition(":")
            self.host = host.strip("[]")
        sock = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        self.lines.append(Line(sock))
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.connect((self.host, int(self.port)))
        return self.lines[-1]


@pytest.fixture
def melpomene(start, monkeypatch):
    """melpomene(argument...) -> Machine, at a free port of 127.0.0.1 if none is given."""
    machines = []
    monkeypatch.delenv("MELPOMENE_TRACE", raising=False)

    def run(*arguments, **options):
        if "--serial" not in arguments:
            arguments = ("--serial", "127.0.0.1:0", *arguments)
        machines.append(Machine(start, *arguments, **options))
        return machines[-1]

    yield run
    for machine in machines:
        for line in machine.lines:
            line.close()


def board(tmp_path, text: str):
    """A board file with a serial line, and what the test adds."""
    path = tmp_path / "board.toml"
    path.write_text("[kernel]\nheap_size = 262144\n[platform.tcp_uart]\nenabled = true\n"
                    + "[services.serial_mux]\nenabled = true\n" + text)
    return path


QUIET = "[services.sermux_loopback]\nenabled = true\n"


# The serial line


@pytest.mark.parametrize("name", PAYLOADS)
def test_frames_are_answered_byte_for_byte(melpomene, tmp_path, name):
    line = melpomene("--config", board(tmp_path, QUIET)).connect()
    payload = PAYLOADS[name]
    line.say(sermux.frame(0, payload))
    if len(payload) <= 128:  # fits the port's ring, so it comes back as one frame
        want = sermux.frame(0, payload)
        assert receive(line.sock, len(want)) == want
    else:
        assert line.payload(0, len(payload)) == payload


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_frame_for_it_disturbs_nothing(melpomene, tmp_path, name):
    line = melpomene("--config", board(tmp_path, QUIET)).connect()
    line.say(REFUSED[name] + sermux.frame(0, b"still there"))
    assert line.next_frame() == (0, b"still there")
    assert not line.receiver.bad


def receive(sock, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        assert more, f"closed after {data!r}"
        data += more
    return data


def test_hello_comes_once_a_second(melpomene):
    machine = melpomene("--time=virtual", "--trace", "off")
    line = machine.connect()
    assert [line.next_frame() for _ in range(1000)] == [(1, b"hello\r\n")] * 1000


def test_virtual_time_serves_devices_between_its_jumps(melpomene, tmp_path):
    greets = QUIET + "[services.sermux_hello]\nenabled = true\n"
    line = melpomene("--config", board(tmp_path, greets), "--time=virtual").connect()
    for _ in range(100):
        assert line.echo(b"between") == b"between"


def test_first_hello_comes_after_a_second_of_real_time(melpomene):
    line = melpomene().connect()
    assert line.next_frame() == (1, b"hello\r\n")


def test_the_next_client_is_served_after_the_first(melpomene):
    machine = melpomene()
    first = machine.connect()
    assert first.echo(b"first") == b"first"
    second, third = machine.connect(), machine.connect()
    second.say(sermux.frame(0, b"second"))
    assert first.echo(b"first again") == b"first again"
    assert not select.select([second.sock], [], [], 0)[0]
    first.close()
    assert second.payload(0, 6) == b"second"
    second.close()
    assert third.echo(b"third") == b"third"


def test_a_client_that_vanishes_in_mid_frame_leaves_nothing_behind(melpomene):
    machine = melpomene()
    for end in (Line.close, Line.vanish):
        line = machine.connect()
        line.echo(b"here")
        line.say(sermux.frame(0, b"cut off here")[:-4])
        end(line)
        next_line = machine.connect()
        next_line.say(sermux.frame(0, b"whole"))
        assert next_line.payload(0, 5) == b"whole"
        assert not next_line.receiver.bad
        next_line.close()


def test_a_client_that_goes_while_it_waits_for_its_turn_is_passed_over(melpomene, tmp_path):
    machine = melpomene("--config", board(tmp_path, QUIET))
    first = machine.connect()
    first.echo(b"first")
    machine.connect().close()
    machine.connect().vanish()
    last = machine.connect()
    first.close()
    assert last.echo(b"last") == b"last"


def flood(line, bytes_):
    try:
        line.say(bytes_)
    except OSError:
        pass


@pytest.mark.parametrize("end", [Line.close, Line.vanish])
def test_a_client_that_vanishes_in_a_flood_leaves_nothing_behind(melpomene, tmp_path, end):
    machine = melpomene("--config", board(tmp_path, QUIET))
    line = machine.connect()
    thread = threading.Thread(target=flood, args=(line, sermux.frame(0, b"x" * 100) * 100000))
    thread.start()
    for _ in range(100):
        assert line.next_frame()[0] == 0
    line.sock.shutdown(socket.SHUT_RDWR)
    thread.join()
    end(line)
    after = machine.connect()
    after.say(sermux.frame(0, b"clean"))
    assert receive(after.sock, 9) == sermux.frame(0, b"clean")


def test_a_client_that_does_not_read_and_vanishes_blocks_nobody(melpomene, tmp_path):
    machine = melpomene("--config", board(tmp_path, QUIET))
    line = machine.connect()
    line.sock.setblocking(False)
    data = sermux.frame(0, b"y" * 200) * 1000
    with pytest.raises(BlockingIOError):  # until all buffers between us are full
        while True:
            line.sock.send(data)
            select.select([], [line.sock], [], 0.1)
    line.vanish()
    after = machine.connect()
    after.say(sermux.frame(0, b"next"))
    assert after.next_frame() == (0, b"next")
    assert not after.receiver.bad


def test_without_a_client_nobody_waits_for_one(melpomene, tmp_path):
    """Small rings, and far more to say than they hold."""
    config = tmp_path / "small.toml"
    config.write_text((ROOT / "platforms/melpomene/melpomene.toml").read_text()
                      .replace("65536", "64"))
    machine = melpomene("--config", config, "--time=virtual", "--exit-after=1000s", "--dump",
                        "--account")
    assert machine.process.end() == 0
    machine.process.wait_for(r"hello #\d+ at \S+ waits for time")
    assert int(machine.process.wait_for(r"hello #\d+: (\d+) polls").group(1)) >= 1000
    machine.process.wait_for("nobody is connected; in the rings 0 and 0 bytes")


def test_all_answers_come_before_the_line_is_closed(melpomene, tmp_path):
    """Also those that wait for the client to read when it ends its sending."""
    machine = melpomene("--config", board(tmp_path, QUIET))
    line = machine.connect(receive_buffer=4096)
    count = 40000

    def send():
        line.say(sermux.frame(0, b"z" * 100) * count)
        line.sock.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    assert line.payload(0, 100 * count) == b"z" * 100 * count
    assert line.sock.recv(1) == b""
    sender.join()


def test_twenty_megabytes_come_back_as_they_were(melpomene, tmp_path):
    line = melpomene("--config", board(tmp_path, QUIET)).connect()
    block = os.urandom(1 << 16)
    pieces = [block[at : at + 506] for at in range(0, len(block), 506)]
    wire = b"".join(sermux.frame(0, piece) for piece in pieces)
    rounds = 20 * (1 << 20) // len(block)
    sender = threading.Thread(target=lambda: [line.say(wire) for _ in range(rounds)])
    sender.start()
    got = b""
    for _ in range(rounds):
        while len(got) < len(block):
            port, payload = line.next_frame()
            got += payload
        assert got[: len(block)] == block
        got = got[len(block) :]
    sender.join()
    assert got == b""


class Terminal:
    """A terminal with a socket's methods."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)

    def settimeout(self, _):
        pass

    def recv(self, count):
        assert select.select([self.fd], [], [], DEADLINE_S)[0]
        return os.read(self.fd, count)

    def sendall(self, data):
        while data:
            data = data[os.write(self.fd, data):]

    def close(self):
        os.close(self.fd)


def test_a_pseudo_terminal_serves_one_after_the_other(melpomene, tmp_path):
    machine = melpomene("--config", board(tmp_path, QUIET), "--serial", "pty",
                        "--trace=info,melpomene=debug")
    path = machine.address()
    for payload in (b"one", b"\x03\x04\r\n\xff", b"three" * 5000):
        line = Line(Terminal(path))
        assert line.echo(payload[:400]) == payload[:400]
        assert not line.receiver.bad
        line.say(sermux.frame(0, payload)[:100])  # and goes in mid-frame
        line.close()
        machine.process.wait_for("client gone")


def unix_line(path) -> Line:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(DEADLINE_S)
    sock.connect(str(path))
    return Line(sock)


def test_a_unix_socket_goes_with_the_machine(melpomene, tmp_path):
    path = tmp_path / "line"
    machine = melpomene("--serial", f"unix:{path}")
    assert machine.address() == f"unix:{path}"
    line = unix_line(path)
    assert line.echo(b"unix") == b"unix"
    assert machine.process.end(signal.SIGTERM) == 128 + signal.SIGTERM
    assert not path.exists()
    line.close()


def test_a_unix_socket_of_a_killed_machine_is_used_again(melpomene, tmp_path):
    path = tmp_path / "line"
    machine = melpomene("--serial", f"unix:{path}")
    machine.address()
    machine.process.end(signal.SIGKILL)
    assert path.exists()
    melpomene("--serial", f"unix:{path}").address()
    line = unix_line(path)
    assert line.echo(b"again") == b"again"
    line.close()


def test_ipv6(melpomene):
    machine = melpomene("--serial", "[::1]:0")
    assert machine.connect().echo(b"six") == b"six"


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


@pytest.mark.parametrize("environment, colours", [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_are_for_terminals(melpomene, environment, colours):
    reader, writer = os.openpty()
    melpomene("--exit-after=1ms", "--trace=debug", stdout=writer,
              env={**os.environ, "TERM": "xterm", **environment}).process.end()
    text = os.read(reader, 65536)
    assert b"DEBUG" in text
    assert (b"\033[" in text) == colours
    os.close(reader)
    os.close(writer)


def test_a_dump_on_demand_says_who_waits_for_what(melpomene):
    machine = melpomene("--account")
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
