# SPDX-License-Identifier: MIT OR Apache-2.0
"""crowtty trace export: what other tools make of a recording.

Perfetto's own reader is in no package, so its files are read with protoc and checked by the
rules its documentation gives; those in CTF are read by babeltrace2.
"""
import pathlib
import re
import resource
import shutil
import subprocess

import pytest
import recording
from conftest import program

HERE = pathlib.Path(__file__).parent


def ping_pong(target: recording.Target, rounds: int):
    """Task 1 calls task 2, which answers, inside a span that crosses the wait."""
    words = target.words

    def task_event(name, task, **fields):
        target.event("kernel::task", name, fields, task=task)

    def call_event(name, task, request, **more):
        fields = {"service": 1, "client": 1, "request": request, **more}
        target.event("kernel::call", name, fields, task=task, cause=request if task == 2 else 0)

    for task, name in (1, "ping"), (2, "pong"):
        target.event("kernel::task", "spawn", {"task": task, "name": words(name),
                                               "file": words(name + ".c"), "size": 100})
    target.event("kernel::registry", "register",
                 {"service": 1, "name": words("ponging"), "instance": words("")}, task=2)
    for number in range(rounds):
        request = 2 * number + 3
        target.time += 10
        task_event("poll", 1, polls=number)
        target.time += 1
        target.span(number + 1, "ping", "round", {"number": number}, task=1)
        call_event("call", 1, request, cause=0)
        task_event("wait", 1, what=words("a reply from"), on=0x1000, service=words("ponging"),
                   holder=2)
        target.time += 5
        task_event("poll", 2, polls=number)
        target.time += 2
        call_event("serve", 2, request, cause=0)
        call_event("reply", 2, request, result=0)
        target.event("kernel::task", "wake", {"task": 1}, task=2)
        task_event("wait", 2, what=words("a call to"), on=0x2000, service=words("ponging"),
                   holder=0)
        target.time += 1
        task_event("poll", 1, polls=number)
        target.time += 1
        target.span_over(number + 1, task=1)
        target.event("ping", "pinged", {"message": "round over", "count": -number, "share": 0.5},
                     task=1)
        task_event("ready", 1, polls=number)


@pytest.fixture
def recorded(tmp_path):
    """A recording of three rounds."""
    target = recording.Target()
    target.welcome()
    ping_pong(target, 3)
    recording.write(tmp_path / "run.crowtty", target.stream)
    return tmp_path / "run.crowtty"


def export(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([program("tools/crowtty/crowtty"), "trace", "export",
                           *map(str, arguments)], capture_output=True, text=True, timeout=60)


# ---- Perfetto ----


class Perfetto:
    """Packets as nested lists of (name, value), with interned names put in."""

    def __init__(self, path):
        decoded = subprocess.run(
            ["protoc", f"--proto_path={HERE}", "--decode=perfetto.protos.Trace",
             "perfetto.proto"], stdin=open(path, "rb"), capture_output=True, text=True, check=True)
        assert not re.search(r"^\s*\d+:", decoded.stdout, re.M), "a field that is not Perfetto's"
        self.tracks, self.events, self.names = {}, [], {}
        for packet in self.parse(iter(decoded.stdout.splitlines())):
            self.take(dict(packet[1]))

    def parse(self, lines):
        out = []
        for line in lines:
            line = line.strip()
            if line == "}":
                return out
            if line.endswith("{"):
                out.append((line[:-2], self.parse(lines)))
            else:
                key, one = line.split(": ", 1)
                out.append((key, one.strip('"')))
        return out

    def take(self, packet):
        if "interned_data" in packet:
            for kind, entry in packet["interned_data"]:
                entry = dict(entry)
                assert (kind, entry["iid"]) not in self.names
                self.names[kind, entry["iid"]] = entry["name"]
        if "track_descriptor" in packet:
            track = dict(packet["track_descriptor"])
            assert track["uuid"] not in self.tracks
            self.tracks[track["uuid"]] = track
        if "track_event" in packet:
            self.events.append((int(packet["timestamp"]), packet["track_event"]))

    def name(self, event) -> str:
        fields = dict(event)
        return self.names["event_names", fields["name_iid"]] if "name_iid" in fields else ""

    def slices(self, title: str):
        """(begin, end, name) of a track's slices, checking that they nest."""
        uuid = next(uuid for uuid, track in self.tracks.items() if track.get("name") == title)
        out, stack = [], []
        for time, event in self.events:
            fields = dict(event)
            if fields["track_uuid"] != uuid:
                continue
            if fields["type"] == "TYPE_SLICE_BEGIN":
                stack.append((time, self.name(event)))
            elif fields["type"] == "TYPE_SLICE_END":
                begin, name = stack.pop()
                out.append((begin, time, name))
        assert not stack, "a slice without end"
        return out


def test_perfetto_has_a_track_per_task_with_polls_and_waits(recorded, tmp_path):
    assert export(recorded, tmp_path / "out.pftrace").returncode == 0
    trace = Perfetto(tmp_path / "out.pftrace")
    slices = trace.slices("ping #1")
    assert slices[:3] == [(10_000, 11_000, "poll"),
                          (11_000, 19_000, "waits for a reply from ponging"),
                          (19_000, 20_000, "poll")]
    assert len(slices) == 9
    assert [name for _, _, name in trace.slices("pong #2")].count("poll") == 3


def test_perfetto_spans_cross_waits(recorded, tmp_path):
    export(recorded, tmp_path / "out.pftrace")
    trace = Perfetto(tmp_path / "out.pftrace")
    assert trace.slices("ping #1: spans")[0] == (11_000, 20_000, "round")


def test_perfetto_arrows_lead_from_call_to_serve_to_reply_to_caller(recorded, tmp_path):
    export(recorded, tmp_path / "out.pftrace")
    trace = Perfetto(tmp_path / "out.pftrace")
    ends = []
    for time, event in trace.events:
        for key, one in event:
            if key in ("flow_ids", "terminating_flow_ids") and int(one, 0) == 5:
                ends.append((trace.tracks[dict(event)["track_uuid"]]["name"], trace.name(event),
                             key))
    assert ends == [("ping #1", "call ponging #1", "flow_ids"),
                    ("pong #2", "serve ponging #1", "flow_ids"),
                    ("pong #2", "reply ponging #1", "flow_ids"),
                    ("ping #1", "poll", "terminating_flow_ids")]


def test_perfetto_keeps_values_and_times_in_order(recorded, tmp_path):
    export(recorded, tmp_path / "out.pftrace")
    trace = Perfetto(tmp_path / "out.pftrace")
    times = [time for time, _ in trace.events]
    assert times == sorted(times)
    last = [event for _, event in trace.events if trace.name(event) == "round over"][-1]
    annotations = [dict(one) for key, one in last if key == "debug_annotations"]
    assert {trace.names["debug_annotation_names", one["name_iid"]]: one for one in annotations}[
        "count"]["int_value"] == "-2"


# ---- CTF ----


def babeltrace(path) -> list:
    done = subprocess.run(["babeltrace2", "--names=payload,context", "--clock-seconds", path],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_ctf_is_read_by_babeltrace2(recorded, tmp_path):
    assert export("--format", "ctf", recorded, tmp_path / "out").returncode == 0
    lines = babeltrace(tmp_path / "out")
    assert len(lines) == 3 + 3 * 13
    assert any(re.search(r'0\.000011000\].* kernel::call:call: \{ task_id = 1, task = "ping", '
                         r"cause = 0 \}, \{ service = 1, client = 1, request = 3, cause = 0 \}",
                         line) for line in lines), lines[:12]
    assert any('round over' in line and "count = -2" in line and "share = 0.5" in line
               for line in lines)


def test_same_call_site_with_other_types_is_another_class(tmp_path):
    target = recording.Target()
    target.welcome()
    for one in (1, -1, "text", 2.5, True):
        target.event("any", "thing", {"size": one})
    recording.write(tmp_path / "run", target.stream)
    assert export("--format", "ctf", tmp_path / "run", tmp_path / "out").returncode == 0
    ends = [line.split("{")[-1] for line in babeltrace(tmp_path / "out")]
    assert ends == [' size = 1 }', ' size = -1 }', ' size = "text" }', ' size = 2.5 }',
                    ' size = 1 }']


# ---- Both: mistakes and damage ----


@pytest.mark.parametrize("kind", ["perfetto", "ctf"])
def test_damage_is_named_and_what_is_before_it_exported(recorded, tmp_path, kind):
    data = bytearray(recorded.read_bytes())
    data[len(data) // 2] ^= 0xFF
    recorded.write_bytes(data)
    done = export("--format", kind, recorded, tmp_path / "out")
    assert done.returncode == 1
    assert len(re.findall(r"damaged", done.stderr)) == 1, done.stderr
    count = int(re.search(r"out: (\d+) events", done.stderr)[1])
    assert 0 < count < 42
    if kind == "ctf":
        assert len(babeltrace(tmp_path / "out")) == count
    else:
        Perfetto(tmp_path / "out").slices("ping #1")


@pytest.mark.parametrize("kind", ["perfetto", "ctf"])
def test_nothing_is_overwritten(recorded, tmp_path, kind):
    out = tmp_path / "there"
    out.write_text("mine")
    done = export("--format", kind, recorded, out)
    assert done.returncode == 1 and "exists already" in done.stderr
    assert out.read_text() == "mine"


@pytest.mark.parametrize("kind", ["perfetto", "ctf"])
def test_a_place_that_cannot_be_written_is_named(recorded, tmp_path, kind):
    done = export("--format", kind, recorded, tmp_path / "no" / "such" / "place")
    assert done.returncode == 1
    assert "cannot write" in done.stderr and "place" in done.stderr


def test_wrong_arguments_say_what_to_do(recorded):
    done = export(recorded)
    assert done.returncode == 2 and "which FILE, and to which new OUT?" in done.stderr
    done = export("--format", "vcd", recorded, "out")
    assert done.returncode == 2 and "perfetto or ctf" in done.stderr


@pytest.mark.parametrize("kind", ["perfetto", "ctf"])
def test_no_room_is_an_error(recorded, tmp_path, kind):
    limit = 1000  # bytes of a file
    done = subprocess.run([program("tools/crowtty/crowtty"), "trace", "export", "--format", kind,
                           recorded, tmp_path / "out"], capture_output=True, text=True,
                          restore_signals=False,  # SIGXFSZ stays ignored
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                (limit, limit)))
    assert done.returncode == 1
    assert re.search("cannot write all of .*out", done.stderr)


def test_the_readers_are_there():
    """A missing reader must not make the tests above pass by chance."""
    assert shutil.which("protoc") and shutil.which("babeltrace2")
