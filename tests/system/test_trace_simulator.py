# SPDX-License-Identifier: MIT OR Apache-2.0
"""What crowtty makes of the simulator's trace, also over a noisy line."""
import contextlib
import random
import select
import signal
import socket
import threading

import pytest

from conftest import program
from target import connect, receive


class NoisyLine(threading.Thread):
    """Between crowtty and a target, by Unix-domain sockets: of what the target says it flips bits
    and drops bytes, one in so many, until it is told to stop."""

    def __init__(self, directory, one_in):
        super().__init__(daemon=True)
        self.path, self.target = f"{directory}/noisy", f"{directory}/line"
        self.chance = random.Random(1)
        self.one_in = one_in
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.start()

    def run(self):
        with self.listener, contextlib.suppress(OSError):
            host, _ = self.listener.accept()
            with host, socket.socket(socket.AF_UNIX) as target:
                target.connect(self.target)
                self._carry(host, target)

    def _carry(self, host, target):
        while True:
            ready, _, _ = select.select([host, target], [], [])
            for one in ready:
                data = one.recv(65536)
                if not data:
                    return
                if one is host:
                    target.sendall(data)
                else:
                    host.sendall(self._damage(data))

    def _damage(self, data):
        out = bytearray()
        for byte in data:
            if self.one_in and self.chance.randrange(self.one_in) == 0:
                if self.chance.random() < 0.5:
                    continue
                byte ^= 1 << self.chance.randrange(8)
            out.append(byte)
        return bytes(out)


@pytest.fixture
def simulator(start, tmp_path):
    """simulator(argument...) -> a melpomene whose line is `line` in the test's directory."""

    def run(*arguments):
        machine = start(program("platforms", "melpomene", "melpomene"), "--serial",
                        f"unix:{tmp_path}/line", *arguments)
        machine.wait_for("serial line: ")
        return machine

    return run


def test_the_simulators_trace_is_shown(simulator, crowtty, tmp_path):
    simulator()
    process, base = crowtty("--trace", "info,kernel::task=trace", f"unix:{tmp_path}/line")
    process.wait_for(r"BEAT Max level set to Some\(TRCE\)\n")
    process.wait_for(r"INFO daemons::trace: hello from mnemOS, .*version=")
    process.wait_for(r"TRCE kernel::task: hello #\d+: poll, polls=\d+\n")
    process.wait_for(r"TRCE kernel::task: hello #\d+: wait, what=time\n")
    with connect(base) as client:
        client.sendall(b"?")
        assert receive(client, 1) == b"?"
    process.wait_for(r"TRCE kernel::task: loopback #\d+: poll, polls=\d+\n")
    process.end(signal.SIGINT)
    assert b"LOSS" not in process.text
    assert b"UNKNOWN" not in process.text


def test_spans_of_a_task_cross_its_waits(start, crowtty, tmp_path):
    """A driver's span around a wait of 200 ms, and the event in it, with the others in between."""
    faulty = start(program("book", "examples", "faulty"), "slow", "--serial",
                   f"unix:{tmp_path}/line")
    faulty.wait_for("serial line: ")
    process, _ = crowtty("--trace", "info,faults::disk=debug", f"unix:{tmp_path}/line")
    begun = process.wait_for(r"DBUG transfer\{block=(\d+)\}: faults::disk: SPAN \((\d+)\)\n")
    block, number = (one.decode() for one in begun.groups())
    context = rf"DBUG transfer\{{block={block}\}}: faults::disk: "
    process.wait_for(rf"{context}block read, block={block}\n")
    took = process.wait_for(rf"{context} END \({number}\): ([0-9.]+)(ms|s)\n")
    assert float(took[1]) * (1000 if took[2] == b"s" else 1) >= 199  # and more on a slow machine


def test_a_noisy_line_is_in_step_again(simulator, crowtty, tmp_path):
    """What was lost meanwhile is asked for: then not one event is missing, and names are known."""
    simulator()
    noisy = NoisyLine(tmp_path, one_in=50)
    process, _ = crowtty("--trace", "info,kernel::task=trace", f"unix:{noisy.path}")
    process.wait_for("of the trace were damaged")
    process.wait_for("UNKNOWN: |TRCE kernel::task: ")
    noisy.one_in = 0
    in_a_row, last = 0, 0
    while in_a_row < 3:
        polls = int(process.wait_for(r"TRCE kernel::task: hello #\d+: poll, polls=(\d+)\n")[1])
        in_a_row = in_a_row + 1 if polls == last + 1 else 0
        last = polls
