# SPDX-License-Identifier: MIT OR Apache-2.0
"""The whole system on its serial line: echoes through the simulator and crowtty, compared with
a plain echo in the same run; and what both cost when nothing happens."""

import contextlib
import functools
import os
import pathlib
import re
import select
import socket
import tempfile
import time

from measure import Failed, find, output_of, running
from table import Figure

START_S = 30  # within which a program says that it listens

BOARD = """
[kernel]
heap_size = 1048576
[services.serial_mux]
enabled = true
[services.sermux_loopback]
enabled = true
buffer_size = {loopback}
[platform.tcp_uart]
enabled = true
incoming_size = {line}
outgoing_size = {line}
"""


def said(process, pattern):
    """The next line of a program's output that matches; Failed if it ends or takes too long."""
    text, deadline = "", time.monotonic() + START_S
    while not re.search(pattern, text):
        ready, _, _ = select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))
        more = os.read(process.stdout.fileno(), 4096).decode(errors="replace") if ready else ""
        if not more:
            raise Failed(f"{pathlib.Path(process.args[0]).name} did not start: {text.strip()}")
        text += more
    return find(pattern, text)


@contextlib.contextmanager
def plain(setting):
    with running(setting.program("bench", "bench_echo_plain")) as process:
        yield int(said(process, r"^(\d+)\n")[1])


@contextlib.contextmanager
def melpomene(setting, config=None):
    """The simulator; yields the process and the port of its line."""
    with tempfile.TemporaryDirectory() as scratch:
        options = []
        if config:
            board = pathlib.Path(scratch, "board.toml")
            board.write_text(config)
            options = ["--config", board]
        program = setting.program("platforms", "melpomene", "melpomene")
        with running(program, "--serial", "127.0.0.1:0", *options) as process:
            yield process, int(said(process, r"serial line: 127\.0\.0\.1:(\d+)\n")[1])


def free_base():
    """A base for crowtty's ports: 15 free ones, below those the system gives away itself."""
    for base in range(20000 + os.getpid() % 700 * 16, 32000, 16):
        with contextlib.ExitStack() as held:
            with contextlib.suppress(OSError):
                for port in range(base, base + 16):
                    held.enter_context(socket.create_server(("127.0.0.1", port)))
                return base
    raise Failed("no free ports for crowtty")


@contextlib.contextmanager
def crowtty(setting, target):
    """crowtty on the simulator's line; yields the process and the TCP port of the loopback."""
    base = free_base()
    program = setting.program("tools", "crowtty", "crowtty")
    options = ["--no-keyboard", "--tcp-port-base", base]
    with running(program, *options, f"tcp:127.0.0.1:{target}") as process:
        said(process, r"connected to")
        yield process, base


def rate(setting, port, framing):
    """MB/s of payload, every byte compared; the best of a few, as with all times."""
    client = setting.program("bench", "bench_echo_client")
    size = 20_000_000 if setting.quick else 100_000_000
    return max(
        float(find(r"([\d.]+) MB/s", output_of(client, port, framing, "rate", size))[1])
        for _ in range(2 if setting.quick else 5)
    )


def latency(setting, port, framing):
    """Median and 99th percentile in us of one byte there and back. The best of a few connections:
    where the system puts the processes changes it more than what they do."""
    client = setting.program("bench", "bench_echo_client")
    count, connections = (500, 5) if setting.quick else (5000, 9)
    pattern = r"([\d.]+) us median, ([\d.]+) us p99"
    texts = (output_of(client, port, framing, "latency", count) for _ in range(connections))
    return min(tuple(map(float, find(pattern, text).groups())) for text in texts)


@functools.cache
def plain_rate(setting):
    with plain(setting) as port:
        return rate(setting, port, "raw")


@functools.cache
def plain_latency(setting):
    with plain(setting) as port:
        return latency(setting, port, "raw")


def set_rate(setting, row, mb_per_s, share):
    of_plain = plain_rate(setting)
    row.figures.append(Figure(mb_per_s, "MB/s", share and of_plain * share, at_least=True))
    row.compared.append(("plain libuv echo", [Figure(of_plain, "MB/s")]))
    row.notes.append(f"{mb_per_s / of_plain:.3f} of it, nothing lost")


def set_latency(setting, row, took, times):
    of_plain = plain_latency(setting)
    row.figures.append(Figure(took[0], "us median", times and of_plain[0] * times))
    row.figures.append(Figure(took[1], "us p99"))
    figures = [Figure(of_plain[0], "us median"), Figure(of_plain[1], "us p99")]
    row.compared.append(("plain libuv echo", figures))


def echo(setting, row):
    with melpomene(setting) as (_process, port):
        set_rate(setting, row, rate(setting, port, "sermux"), 1 / 4)


def echo_with(loopback, line):
    def measure(setting, row):
        board = BOARD.format(loopback=loopback, line=line)
        with melpomene(setting, board) as (_process, port):
            set_rate(setting, row, rate(setting, port, "sermux"), None)

    return measure


def echo_crowtty(setting, row):
    with melpomene(setting) as (_process, line), crowtty(setting, line) as (_other, port):
        set_rate(setting, row, rate(setting, port, "raw"), 1 / 10)


def echo_byte(setting, row):
    with melpomene(setting) as (_process, port):
        set_latency(setting, row, latency(setting, port, "sermux"), None)


def echo_byte_crowtty(setting, row):
    with melpomene(setting) as (_process, line), crowtty(setting, line) as (_other, port):
        set_latency(setting, row, latency(setting, port, "raw"), 4)


def spent(process):
    """Milliseconds of CPU time, and how often it has slept and been woken. What `stat` says is in
    ticks of 10 ms, so the scheduler's own count is taken where there is one."""
    proc = pathlib.Path("/proc", str(process.pid))
    fields = (proc / "stat").read_text().rsplit(")", 1)[1].split()
    cpu_ms = (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")
    with contextlib.suppress(OSError):
        cpu_ms = int((proc / "schedstat").read_text().split()[0]) / 1e6
    woken = find(r"\nvoluntary_ctxt_switches:\s+(\d+)", (proc / "status").read_text())[1]
    return cpu_ms, int(woken)


def idle(which):
    def measure(setting, row):
        seconds = 5 if setting.quick else 10
        with melpomene(setting) as (target, line), crowtty(setting, line) as (host, _port):
            process = {"melpomene": target, "crowtty": host}[which]
            time.sleep(1)  # the first second is start-up
            before = spent(process)
            time.sleep(seconds)
            cpu_ms, woken = (now - then for now, then in zip(spent(process), before))
        row.figures.append(Figure(cpu_ms * 10 / seconds, "ms CPU in 10 s", 10))
        row.figures.append(Figure(woken / seconds, "wake-ups/s", 3))

    return measure


def traced(setting, calls_per_s):
    """Calls that a host has heard of, records lost, and milliseconds of the machine's CPU."""
    said = output_of(setting.program("bench", "bench_trace_line"), calls_per_s, 2)
    calls, lost, cpu_ms = find(
        r"(\d+) calls, \d+ events, (\d+) lost, .* (\d+) ms of CPU", said).groups()
    return int(calls), int(lost), int(cpu_ms)


def trace_tcp(setting, row):
    calls, lost, cpu_ms = traced(setting, 10000)
    row.figures.append(Figure(lost, "lost at 10,000 calls/s", 0))
    row.figures.append(Figure(cpu_ms * 1000 / calls, "us CPU a call"))
    most, tried = 10000, 10000
    while lost == 0 and tried < (20000 if setting.quick else 2000000):
        tried *= 2
        calls, lost, _cpu_ms = traced(setting, tried)
        most = calls / 2 if lost == 0 else most
    row.figures.append(Figure(most, "calls/s without a loss", 10000, at_least=True))


def benches():
    yield "echo", "sermux echo of 506-byte payloads through melpomene on TCP", echo
    yield "echo_large", "the same with rings four times as large", echo_with(65536, 1048576)
    yield "echo_small", "the same with the rings of a small board", echo_with(128, 4096)
    yield "echo_crowtty", "the same through crowtty and melpomene", echo_crowtty
    yield "echo_byte", "one byte there and back through melpomene", echo_byte
    yield "echo_byte_crowtty", "the same through crowtty and melpomene", echo_byte_crowtty
    yield "idle", "melpomene with a greeting a second and nothing else", idle("melpomene")
    yield "idle_crowtty", "crowtty attached to it", idle("crowtty")
    yield "trace_tcp", "calls in melpomene, all traced to a host on TCP", trace_tcp
