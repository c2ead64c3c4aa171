# SPDX-License-Identifier: MIT OR Apache-2.0
"""Protects `./mn bench`: that its programs run to their end, that its figures can be read by
programs, and that a miss is marked and a failure counted. Says nothing about how large any
figure is."""

import json
import shutil
import socket
import subprocess
import sys
import threading

from conftest import BUILD, ROOT, program

sys.path.insert(0, str(ROOT / "bench"))
sys.dont_write_bytecode = True

import table  # noqa: E402


def bench(*args, build=BUILD):
    return subprocess.run(
        ["/usr/bin/python3", str(ROOT / "bench/run.py"), "--build", str(build), *map(str, args)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100,
    )  # fmt: skip


def rows_of(path):
    return {row["name"]: row for row in json.loads(path.read_text())["rows"]}


def units(row):
    return [figure["unit"] for figure in row["figures"]]


def test_figures_are_in_table_and_json(tmp_path):
    program("bench", "bench_kernel")
    result = bench("--quick", "--json", tmp_path / "out.json", "call", "yield")
    assert result.returncode == 0, result.stdout + result.stderr
    rows = rows_of(tmp_path / "out.json")
    assert list(rows) == ["call", "yield"]
    for row in rows.values():
        assert not row["failed"] and not row["skipped"]
        assert units(row) == (["instr", "ns"] if shutil.which("valgrind") else ["ns"])
        assert all(figure["value"] > 0 for figure in row["figures"])
        assert any(line.startswith(row["name"] + " ") for line in result.stdout.splitlines())
    assert [other["name"] for other in rows["yield"]["compared"]] == ["floor (no checks)"]
    assert "\x1b" not in result.stdout
    assert "call" in result.stderr and "yield" in result.stderr


def test_every_operation_runs():
    names = [line.split()[0] for line in bench("--list").stdout.splitlines()]
    kernel = names[: names.index("timed")]
    for name in kernel:
        subprocess.run([program("bench", "bench_kernel"), name, "640"], check=True, timeout=60)
    subprocess.run([program("bench", "bench_timed"), "100", "1000"], check=True, timeout=60)
    for name in ("condvar", "pipe"):
        subprocess.run([program("bench", "bench_pingpong"), name, "10"], check=True, timeout=60)
    for name in ("bench_gfx_text", "bench_gfx_text_sdl"):
        subprocess.run([program("bench", name), "solid", "4000"], check=True, timeout=60)


def test_unknown_name_says_which_there_are():
    result = bench("cal")
    assert result.returncode == 2
    assert "there is no cal" in result.stderr and "yield" in result.stderr


def test_what_breaks_is_a_failure_and_what_lacks_is_none(tmp_path):
    (tmp_path / "bench").mkdir()
    broken = tmp_path / "bench/bench_kernel"
    broken.write_text("#!/bin/sh\necho it broke\nexit 3\n")
    broken.chmod(0o755)
    result = bench("--json", tmp_path / "out.json", "connect", "timed", build=tmp_path)
    rows = rows_of(tmp_path / "out.json")
    assert result.returncode == 1
    assert rows["connect"]["failed"].endswith("ended with 3: it broke")
    assert "FAILED" in result.stdout
    assert "bench_timed" in rows["timed"]["skipped"] and not rows["timed"]["failed"]


def test_only_what_is_beyond_its_reach_is_missed():
    assert table.Figure(91.0, "instr", 90).missed
    assert not table.Figure(90.0, "instr", 90).missed
    assert table.Figure(0.2, "of it", 0.25, at_least=True).missed
    assert not table.Figure(0.25, "of it", 0.25, at_least=True).missed
    assert not table.Figure(1e9, "ns").missed


def test_client_notices_a_wrong_byte():
    client = program("bench", "bench_echo_client")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def echo_wrongly():
            line, _ = server.accept()
            with line:
                while data := line.recv(65536):
                    line.sendall(bytes([data[0] ^ 1]) + data[1:])

        thread = threading.Thread(target=echo_wrongly)
        thread.start()
        port = str(server.getsockname()[1])
        result = subprocess.run(
            [client, port, "raw", "rate", "1000"], capture_output=True, text=True, timeout=60
        )
        thread.join()
    assert result.returncode == 1
    assert "wrong bytes came back after 0 good ones" in result.stderr
