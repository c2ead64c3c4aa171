# SPDX-License-Identifier: MIT OR Apache-2.0
"""mnconfig: a good file gives the right values, a bad one an exact message with its line.

The messages are part of the interface: they are compared word for word, because a message
with the wrong line or the wrong advice is worse than none.
"""

import random
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/config/mnconfig"
sys.path.insert(0, str(TOOL.parent))

import check  # noqa: E402
import generate  # noqa: E402
import values  # noqa: E402
from lines import find_lines  # noqa: E402
from schema import Schema, platforms  # noqa: E402

SCHEMA = Schema("melpomene")


def load(tmp_path, text, schema=SCHEMA):
    path = tmp_path / "board.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return check.load(schema, path, "board.toml")


def errors(tmp_path, text, schema=SCHEMA):
    with pytest.raises(check.Invalid) as caught:
        load(tmp_path, text, schema)
    return caught.value.lines


def tool(*args, cwd=None):
    """mnconfig as a user runs it, in an empty environment: it must not depend on one."""
    command = [sys.executable, TOOL, *args]
    return subprocess.run(command, cwd=cwd, env={}, capture_output=True, check=False)


# Good files


def test_empty_file_is_all_defaults(tmp_path):
    config = load(tmp_path, "")
    assert config == {path: key.default for path, key in SCHEMA.keys.items()}
    assert not any(value for path, value in config.items() if path.endswith(".enabled"))


def test_defaults_are_those_of_the_rust_implementation(tmp_path):
    config = load(tmp_path, "")
    wanted = {
        "services.serial_mux.max_ports": 16,
        "services.serial_mux.max_frame": 512,
        "services.sermux_loopback.port": 0,
        "services.sermux_loopback.buffer_size": 128,
        "services.sermux_hello.port": 1,
        "services.sermux_hello.buffer_size": 32,
        "services.sermux_hello.message": b"hello\r\n",
        "services.sermux_hello.interval": 1_000_000,
        "platform.tcp_uart.incoming_size": 4096,
        "platform.tcp_uart.outgoing_size": 4096,
        "platform.tcp_uart.socket_addr": "127.0.0.1:9999",
    }
    assert {path: config[path] for path in wanted} == wanted


BOARDS = [path for path in sorted(ROOT.glob("platforms/*/*.toml")) if path.name != "schema.toml"]


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.name)
def test_shipped_files_are_good(board):
    platform = board.parent.name
    schema = Schema(platform if platform in platforms() else None)
    assert check.load(schema, board)["services.serial_mux.enabled"]


def test_every_way_to_write_a_key(tmp_path):
    config = load(tmp_path, '''
kernel = { heap_size = 0x1_0000 }
services.serial_mux."max_hold" = "250us"
services.sermux_hello.message = 'a'
[platform."tcp_uart"]
incoming_size = 8_192
''')
    assert config["kernel.heap_size"] == 65536
    assert config["services.serial_mux.max_hold"] == 250
    assert config["services.sermux_hello.message"] == b"a"
    assert config["platform.tcp_uart.incoming_size"] == 8192


@pytest.mark.parametrize("text, us", [
    ('"1000us"', 1_000),
    ('"100ms"', 100_000),
    ('"1s"', 1_000_000),
    ("{ secs = 1, nanos = 0 }", 1_000_000),
    ("{ secs = 0, nanos = 1500000 }", 1_500),
    ("{ secs = 86400 }", 86_400_000_000),
])
def test_durations(tmp_path, text, us):
    config = load(tmp_path, f"services.sermux_hello.interval = {text}")
    assert config["services.sermux_hello.interval"] == us


@pytest.mark.parametrize("address", ["0.0.0.0:0", "127.0.0.1:65535", "[::1]:9999",
                                     "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535"])
def test_socket_addresses(tmp_path, address):
    config = load(tmp_path, f'platform.tcp_uart.socket_addr = "{address}"')
    assert config["platform.tcp_uart.socket_addr"] == address
    assert len(address) <= values.SOCKET_ADDR_MAX


def test_message_is_counted_in_bytes(tmp_path):
    assert load(tmp_path, f'services.sermux_hello.message = "{"é" * 16}"')
    assert errors(tmp_path, f'services.sermux_hello.message = "{"é" * 16}x"') == [
        "board.toml:1: services.sermux_hello.message: is 33 bytes long; allowed are 1 to 32 bytes"]


# Bad values: (TOML of the value, message)

INTERVAL = "services.sermux_hello.interval"
ENABLED = "services.sermux_hello.enabled"
HEAP = "kernel.heap_size"
SOCKET = "platform.tcp_uart.socket_addr"
WHEN_FULL = "services.sermux_loopback.when_full"
HOW_DURATION = 'write a whole number and us, ms or s, such as "250us", "100ms" or "1s"'
HOW_SOCKET = 'write it like "127.0.0.1:9999" or "[::1]:9999"'


@pytest.mark.parametrize("key, value, message", [
    (ENABLED, '"true"', "expected true or false, got a string; write true"),
    (ENABLED, '"off"', "expected true or false, got a string; write false"),
    (ENABLED, "1", "expected true or false, got an integer; write true"),
    (ENABLED, '"perhaps"', "expected true or false, got a string"),
    (HEAP, "true", "expected an integer, got a boolean"),
    (HEAP, "1024.0", "expected an integer, got a float"),
    (HEAP, '"4096"', "expected an integer, got a string; write it without quotes"),
    (HEAP, '"64 KiB"', "expected an integer, got a string"),
    (HEAP, "1979-05-27", "expected an integer, got a date or time"),
    (HEAP, "1023", "1023 is out of range; allowed are 1024 to 1073741824 bytes"),
    (HEAP, "1073741825", "1073741825 is out of range; allowed are 1024 to 1073741824 bytes"),
    (HEAP, "-1", "-1 is out of range; allowed are 1024 to 1073741824 bytes"),
    ("services.sermux_hello.port", "65536", "65536 is out of range; allowed are 0 to 65535"),
    (INTERVAL, "5", 'expected a duration, got an integer; write "5ms" or "5s"'),
    (INTERVAL, "-5", "expected a duration, got an integer"),
    (INTERVAL, "true", "expected a duration, got a boolean"),
    (INTERVAL, "1.5", "expected a duration, got a float"),
    (INTERVAL, '"1.5s"', '"1.5s" is not a duration; write "1500ms"'),
    (INTERVAL, '"1 s"', '"1 s" is not a duration; write "1s"'),
    (INTERVAL, '"2min"', '"2min" is not a duration; write "120s"'),
    (INTERVAL, '"3 seconds"', '"3 seconds" is not a duration; write "3s"'),
    (INTERVAL, '"0.0001us"', f'"0.0001us" is not a duration; {HOW_DURATION}'),
    (INTERVAL, '"soon"', f'"soon" is not a duration; {HOW_DURATION}'),
    (INTERVAL, '"10"', f'"10" is not a duration; {HOW_DURATION}'),
    (INTERVAL, '"-1s"', f'"-1s" is not a duration; {HOW_DURATION}'),
    (INTERVAL, '"1s\\n"', f'"1s\\n" is not a duration; write "1s"'),
    (INTERVAL, '"999us"', '"999us" is out of range; allowed are "1ms" to "86400s"'),
    (INTERVAL, '"86401s"', '"86401s" is out of range; allowed are "1ms" to "86400s"'),
    (INTERVAL, "{ nanos = 1 }", "1 ns is finer than the clock; nanos must be a multiple of 1000"),
    (INTERVAL, "{ secs = -1 }",
     "secs or nanos is out of range; secs starts at 0, nanos is 0 to 999999999"),
    (INTERVAL, "{ nanos = 1000000000 }",
     "secs or nanos is out of range; secs starts at 0, nanos is 0 to 999999999"),
    (INTERVAL, "{ seconds = 1 }",
     'unknown key "seconds" in a duration; write { secs = 1, nanos = 0 } or "1s"'),
    (INTERVAL, '{ secs = "1" }', "expected an integer, got a string; write it without quotes"),
    (WHEN_FULL, '"block"', '"block" is not a choice; write "wait" or "drop"'),
    (WHEN_FULL, "true", 'expected "wait" or "drop", got a boolean'),
    ("services.sermux_hello.message", '""', "is 0 bytes long; allowed are 1 to 32 bytes"),
    ("services.sermux_hello.message", "[104]", "expected a string, got an array"),
    (SOCKET, "9999", 'expected an address and port, got an integer; such as "127.0.0.1:9999"'),
    (SOCKET, '"localhost:9999"',
     '"localhost:9999" is not an address and port; '
     'names are not looked up, write "127.0.0.1:9999"'),
    (SOCKET, '"127.0.0.1"',
     '"127.0.0.1" is not an address and port; the port is missing, such as "127.0.0.1:9999"'),
    (SOCKET, '"::1:80"',
     '"::1:80" is not an address and port; write an IPv6 address in brackets, such as "[::1]:80"'),
    (SOCKET, '"127.0.0.256:80"', f'"127.0.0.256:80" is not an address and port; {HOW_SOCKET}'),
    (SOCKET, '"example.org:80"', f'"example.org:80" is not an address and port; {HOW_SOCKET}'),
    (SOCKET, '"127.0.0.1:65536"', "port 65536 is out of range; allowed are 0 to 65535"),
    (SOCKET, '""', f'"" is not an address and port; {HOW_SOCKET}'),
])
def test_bad_value(tmp_path, key, value, message):
    text = f"# first line\n{key} = {value}\n"
    assert errors(tmp_path, text) == [f"board.toml:2: {key}: {message}"]


# Keys and tables that do not exist


@pytest.mark.parametrize("text, message", [
    ("[services.sermux_hello]\nintervall = '1s'",
     "2: services.sermux_hello.intervall: unknown key 'intervall' in services.sermux_hello; "
     "did you mean 'interval'?"),
    ("[services.sermux_helo]\nenabled = true",
     "1: services.sermux_helo: unknown table 'sermux_helo' in services; "
     "did you mean 'sermux_hello'?"),
    ("[services.spawnulator]\nenabled = true",
     "1: services.spawnulator: unknown table 'spawnulator' in services; "
     f"known there: {', '.join(SCHEMA.children('services'))}"),
    ("[kernel]\n\nmax_frame = 3",
     "3: kernel.max_frame: unknown key 'max_frame' in kernel; "
     "did you mean 'services.serial_mux.max_frame'?"),
    ("[kernel]\nport = 3",
     "2: kernel.port: unknown key 'port' in kernel; "
     "did you mean 'services.sermux_loopback.port' or 'services.sermux_hello.port' "
     "or 'services.sermux_trace.port' or 'services.sermux_screenshot.port' "
     "or 'services.sermux_terminal.port'?"),
    ("[serial_mux]\nenabled = true",
     "1: serial_mux: unknown table 'serial_mux'; did you mean 'services.serial_mux'?"),
    ("[kernel.sub]\nx = 1",
     "1: kernel.sub: unknown table 'sub' in kernel; nothing is known there"),
    ('"\\u001B[31m" = 1', '1: "\\u001B[31m": unknown key "\\u001B[31m"; '
     "known there: kernel, services, platform"),
    ("author = 'me'", "1: author: unknown key 'author'; known there: kernel, services, platform"),
    ('[kernel]\n"heap size" = 1',
     "2: kernel.\"heap size\": unknown key 'heap size' in kernel; did you mean 'heap_size'?"),
    ('"kernel.heap_size" = 4096',
     "1: \"kernel.heap_size\": unknown key 'kernel.heap_size'; "
     "known there: kernel, services, platform"),
    ("[platform]\nsleep_cap = '100ms'",
     "2: platform.sleep_cap: not a key here; the simulator has no tick, it sleeps until the "
     "next deadline; delete this line"),
    ("kernel = 3", "1: kernel: expected a table, got an integer; write [kernel]"),
    ("[services]\nserial_mux = true",
     "2: services.serial_mux: expected a table, got a boolean; "
     "write [services.serial_mux] and below it enabled = true"),
    ("[[kernel]]\n[[kernel]]",
     "1: kernel: expected a table, got an array of tables; write [kernel]"),
])
def test_unknown(tmp_path, text, message):
    assert errors(tmp_path, text) == [f"board.toml:{message}"]


def test_a_board_without_platform_tables_refuses_them(tmp_path):
    assert errors(tmp_path, "[platform.tcp_uart]", Schema()) == [
        "board.toml:1: platform: unknown table 'platform'; known there: kernel, services"]


# What must agree


def test_missing_service(tmp_path):
    text = "[services.sermux_hello]\nenabled = true\n[services.serial_mux]\nenabled = false\n"
    assert errors(tmp_path, text) == [
        "board.toml:2: services.sermux_hello.enabled: needs services.serial_mux, which is not "
        "enabled; add enabled = true to [services.serial_mux]"]


def test_missing_serial_line(tmp_path):
    text = "[services.serial_mux]\nenabled = true\n"
    assert errors(tmp_path, text) == [
        "board.toml:2: services.serial_mux.enabled: needs platform.tcp_uart, which is not "
        "enabled; add enabled = true to [platform.tcp_uart]"]
    assert load(tmp_path, text, Schema())["services.serial_mux.enabled"]


ALL = """
services.serial_mux.enabled = true
services.sermux_hello.enabled = true
services.sermux_loopback.enabled = true
platform.tcp_uart.enabled = true
"""


def test_two_services_on_one_port(tmp_path):
    hello = "board.toml:{}: services.sermux_hello.{}: port {} is taken by " \
            "services.sermux_loopback.port; choose another"
    assert errors(tmp_path, ALL + "services.sermux_hello.port = 0") == [hello.format(6, "port", 0)]
    # The one at fault may have been left to its default: then its switch is named.
    assert errors(tmp_path, ALL + "services.sermux_loopback.port = 1") == [
        hello.format(3, "enabled", 1)]
    assert load(tmp_path, "services.sermux_loopback.port = 1")


def test_fewer_ports_than_services(tmp_path):
    assert errors(tmp_path, ALL + "services.serial_mux.max_ports = 1") == [
        "board.toml:6: services.serial_mux.max_ports: 1 is too few for 2 enabled ports; "
        "write max_ports = 2 or more"]


def test_all_errors_are_told_in_order_of_lines(tmp_path):
    text = """\
[services.sermux_hello]
enabled = true
intervall = "1s"
port = -1
[services.serial_mux]
enabled = "yes"
[kernal]
"""
    assert errors(tmp_path, text) == [
        "board.toml:3: services.sermux_hello.intervall: unknown key 'intervall' in "
        "services.sermux_hello; did you mean 'interval'?",
        "board.toml:4: services.sermux_hello.port: -1 is out of range; allowed are 0 to 65535",
        # and not also "needs services.serial_mux", whose switch is merely misspelt:
        "board.toml:6: services.serial_mux.enabled: expected true or false, got a string; "
        "write true",
        "board.toml:7: kernal: unknown table 'kernal'; did you mean 'kernel'?",
    ]


# Files that are not TOML


@pytest.mark.parametrize("text, message", [
    (b"a = 1\n[a]\n", "2: not TOML: cannot overwrite a value (column 3)"),
    (b"[kernel]\nheap_size = \n", "2: not TOML: invalid value (column 13)"),
    (b"[kernel]\n\nheap_size = [1,\n", "3: not TOML: invalid value"),
    (b"[kernel]\n# caf\xe9\n", "2: not TOML: byte 0xe9 is not UTF-8"),
    (b"x = " + b"[" * 5000, "1: a number is too long or a value nested too deeply"),
    (b"x = " + b"1" * 5000, "1: a number is too long or a value nested too deeply"),
])
def test_not_toml(tmp_path, text, message):
    assert errors(tmp_path, text) == [f"board.toml:{message}"]


# Lines


def test_lines_of_keys():
    text = '''\
# [not.a.table]
top = """
[not] = 1
\\""" [nor.this] """ # nor = this
raw = \'\'\'
'' x = 1 \'\'\'\'\'
[ a . "b.c" ] # x = 1
d = [ 1, # y = 2
  "]", [ { e = "}" } ],
]
f.g = { h = 1, "i\\u0020j" = { k = 2 } }
[[l]]
m = 1979-05-27 07:32:00 # z = 3
[[l]]
m = 2
'n' = +inf
'''
    wanted = {
        ("top",): 2, ("raw",): 5,
        ("a",): 7, ("a", "b.c"): 7, ("a", "b.c", "d"): 8, ("a", "b.c", "d", "e"): 9,
        ("a", "b.c", "f"): 11, ("a", "b.c", "f", "g"): 11, ("a", "b.c", "f", "g", "h"): 11,
        ("a", "b.c", "f", "g", "i j"): 11, ("a", "b.c", "f", "g", "i j", "k"): 11,
        ("l",): 12, ("l", "m"): 13, ("l", "n"): 16,
    }
    assert find_lines(text) == wanted
    assert find_lines(text.replace("\n", "\r\n")) == wanted


def key_paths(value, path=()):
    """All key paths of what tomllib read; entries of an array share the path of the array."""
    if isinstance(value, list):
        return set().union(*(key_paths(entry, path) for entry in value))
    if not isinstance(value, dict):
        return set()
    below = (key_paths(entry, (*path, name)) for name, entry in value.items())
    return {(*path, name) for name in value}.union(*below)


def test_lines_of_damaged_text():
    """Whatever tomllib still accepts of text with random damage, the scanner sees the same
    keys in it, on lines that hold their names."""
    chance = random.Random(1)
    pieces = ['"', "'", '"""', "'''", "[", "]", "{", "}", ".", "=", ",", "#", "\n", " ", "\\",
              "a", "1", "[[", "]]", "a = 1\n", "[x]\n"]
    source = """\
[services.sermux_hello] # a [comment] = "
enabled = true
message = ''' [x]
# y = 1 '''
"a b".c = [1, [{ d = "]", 'e.f' = 2 }], # z = 3
  "}" ]
interval = { secs = 1, nanos = 0 }
[[port]]
number = 0x1F
[port.name]
text = """ + '"""\\n"\\""" # """\n'
    accepted = 0
    for _ in range(6000):
        at, end = sorted(chance.choices(range(len(source) + 1), k=2))
        text = source[:at] + "".join(chance.choices(pieces, k=2)) + source[min(end, at + 3):]
        try:
            wanted = key_paths(tomllib.loads(text))
        except tomllib.TOMLDecodeError:
            continue
        accepted += 1
        found, lines = find_lines(text), text.split("\n")
        assert set(found) == wanted, text
        assert all(path[-1] in lines[line - 1] for path, line in found.items()), text
    assert accepted > 300


# The tool


def test_check_is_silent_when_all_is_well():
    done = tool("check", ROOT / "platforms/melpomene/melpomene.toml", cwd="/")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_errors_go_to_standard_error_under_the_name_given(tmp_path):
    (tmp_path / "x.toml").write_text("[kernal]\n")
    for command in ("check", "encode", "bake"):
        done = tool(command, "x.toml", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr == b"x.toml:1: kernal: unknown table 'kernal'; did you mean 'kernel'?\n"


def test_file_that_cannot_be_read(tmp_path):
    done = tool("encode", "none.toml", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == b"mnconfig: none.toml: No such file or directory\n"


def test_wrong_usage():
    assert tool().returncode == 2
    assert tool("check").returncode == 2
    done = tool("--platform", "atari", "docs")
    assert done.returncode == 2
    assert b"no platform 'atari'; known: " in done.stderr


def test_init_writes_a_good_file_of_defaults(tmp_path):
    done = tool("init")
    assert done.returncode == 0
    assert load(tmp_path, done.stdout) == load(tmp_path, "")
    for path in SCHEMA.keys:
        assert path.rpartition(".")[2].encode() in done.stdout


def test_blob_is_fingerprint_and_values_in_postcard(tmp_path):
    config = load(tmp_path, "")
    blob = generate.encode(SCHEMA, config)
    start = generate.varint(SCHEMA.fingerprint())
    assert blob.startswith(start + bytes.fromhex(
        "80 80 02  10"                                    # kernel: 32768, 16
        "00 10 80 04 a0 8d 06"                            # serial_mux: off, 16, 512, 100000
        "00 00 80 01 00"                                  # loopback: off, 0, 128, wait
        "00 01 20 07 68 65 6c 6c 6f 0d 0a c0 84 3d"       # hello: off, 1, 32, message, 1000000
        "00 03 80 08 80 20 02"                            # trace: off, 3, 1024, 4096, info
        "00 08 20 02"                                     # keyboard_mux: off, 8, 32, 2
        "00 04"))                                         # screenshot: off, 4
    # tcp_uart: off, 4096, 4096, address
    assert bytes.fromhex("00 80 20 80 20 0e") + b"127.0.0.1:9999" in blob
    (tmp_path / "x.toml").write_text("")
    assert tool("encode", "x.toml", cwd=tmp_path).stdout == blob


def test_fingerprint_tells_schemas_apart():
    assert SCHEMA.fingerprint() == Schema("melpomene").fingerprint()
    assert SCHEMA.fingerprint() != Schema().fingerprint()


def test_a_platform_may_live_outside_the_tree(tmp_path):
    (tmp_path / "schema.toml").write_text(
        '[[table]]\nname = "platform.lamp"\ndoc = "A lamp."\nenabled = "the lamp"\n')
    (tmp_path / "x.toml").write_text("platform.lamp.enabled = true\n")
    done = tool("--platform", tmp_path / "schema.toml", "check", tmp_path / "x.toml")
    assert (done.returncode, done.stderr) == (0, b"")


def test_reference_page_is_current():
    page = ROOT / "book/reference/configuration.md"
    assert page.read_text("utf-8") == generate.reference(), \
        "run: tools/config/mnconfig docs > book/reference/configuration.md"
