# SPDX-License-Identifier: MIT OR Apache-2.0
"""Values: from TOML to what is kept, and from there to text, C and the wire.

    type         in TOML                         kept as                 in C
    bool         true, false                     bool                    bool
    u16, u32     an integer                      int                     uint16_t, uint32_t
    port         an integer, 0 to 65535          int                     uint16_t
    duration     "100ms", { secs, nanos }        int, microseconds       uint64_t
    choice       one of its words                int, index of the word  uint8_t
    bytes        a string                        bytes, its UTF-8        length and array
    socket_addr  "127.0.0.1:80", "[::1]:80"      str                     char array with NUL
"""

import ipaddress
import re

UNITS = {"us": 1, "ms": 1_000, "s": 1_000_000}
UNIT_WORDS = {"us": ("us", "usec", "µs", "μs"), "ms": ("ms", "msec", "millis"),
              "s": ("s", "sec", "secs", "second", "seconds")}
LONGER = {"m": 60, "min": 60, "mins": 60, "h": 3600, "hour": 3600, "hours": 3600}

# The longest: "[", an IPv6 address whose end is written as IPv4 (45), "]:65535".
SOCKET_ADDR_MAX = 53


class Bad(Exception):
    """A value that cannot be taken: what is wrong and, where there is one, what to do."""

    def __init__(self, what, hint=""):
        super().__init__(f"{what}; {hint}" if hint else what)


def type_range(kind, choices):
    """Lowest and highest value a type can hold; for text the length."""
    return {
        "bool": (0, 1),
        "u16": (0, 0xFFFF),
        "u32": (0, 0xFFFF_FFFF),
        "port": (0, 0xFFFF),
        "duration": (0, 2**63 - 1),
        "choice": (0, len(choices) - 1),
        "bytes": (0, 255),
        "socket_addr": (1, SOCKET_ADDR_MAX),
    }[kind]


def limit(kind, value):
    """A limit of the schema as a number."""
    return parse_duration(value) if kind == "duration" else value


def parse(key, value):
    """The value to keep for what tomllib read; raises Bad."""
    if key.type == "bool":
        return parse_bool(value)
    if key.type == "choice":
        return parse_choice(key.choices, value)
    if key.type == "bytes":
        return parse_bytes(key, value)
    if key.type == "socket_addr":
        return parse_socket_addr(value)
    number = parse_duration(value) if key.type == "duration" else parse_integer(value)
    if not key.min <= number <= key.max:
        got = show(key, number)
        raise Bad(f"{got} is out of range", f"allowed are {show_range(key)}")
    return number


def kind_of(value):
    """What tomllib read, in TOML's words."""
    words = {bool: "a boolean", int: "an integer", float: "a float", str: "a string",
             list: "an array", dict: "a table"}
    return words.get(type(value), "a date or time")


def parse_bool(value):
    if isinstance(value, bool):
        return value
    wish = str(value).lower()
    meant = {"true": "true", "yes": "true", "on": "true", "1": "true",
             "false": "false", "no": "false", "off": "false", "0": "false"}.get(wish)
    raise Bad(f"expected true or false, got {kind_of(value)}", f"write {meant}" if meant else "")


def parse_integer(value):
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    digits = isinstance(value, str) and re.fullmatch(r"[0-9][0-9_]*", value)
    raise Bad(f"expected an integer, got {kind_of(value)}",
              "write it without quotes" if digits else "")


def parse_duration(value):
    """Microseconds. A table is how the Rust implementation writes a duration."""
    if isinstance(value, dict):
        return parse_secs_nanos(value)
    if not isinstance(value, str):
        hint = f'write "{value}ms" or "{value}s"' if type(value) is int and value >= 0 else ""
        raise Bad(f"expected a duration, got {kind_of(value)}", hint)
    match = re.fullmatch(r"([0-9]{1,15})(us|ms|s)", value)
    if not match:
        raise Bad(f"{toml_string(value)} is not a duration", duration_hint(value))
    return int(match[1]) * UNITS[match[2]]


def duration_hint(text):
    """What was probably meant: fractions, blanks, and other names for the units."""
    match = re.fullmatch(r"([0-9]{1,9})(?:\.([0-9]{1,6}))? *([a-zµμ]+)", text.strip().lower())
    if match:
        word = match[3]
        unit = next((unit for unit, words in UNIT_WORDS.items() if word in words), None)
        factor = UNITS[unit] if unit else LONGER.get(word, 0) * UNITS["s"]
        parts = int(match[1] + (match[2] or "")) * factor
        scale = 10 ** len(match[2] or "")
        if parts and parts % scale == 0:
            return f'write "{show_duration(parts // scale)}"'
    return 'write a whole number and us, ms or s, such as "250us", "100ms" or "1s"'


def parse_secs_nanos(value):
    extra = sorted(set(value) - {"secs", "nanos"})
    if extra:
        raise Bad(f"unknown key {toml_string(extra[0])} in a duration",
                  'write { secs = 1, nanos = 0 } or "1s"')
    secs, nanos = (parse_integer(value.get(name, 0)) for name in ("secs", "nanos"))
    if not (0 <= secs < 10**12 and 0 <= nanos < 10**9):
        raise Bad("secs or nanos is out of range", "secs starts at 0, nanos is 0 to 999999999")
    if nanos % 1000:
        raise Bad(f"{nanos} ns is finer than the clock", "nanos must be a multiple of 1000")
    return secs * UNITS["s"] + nanos // 1000


def parse_choice(choices, value):
    words = " or ".join(f'"{word}"' for word in choices)
    if not isinstance(value, str):
        raise Bad(f"expected {words}, got {kind_of(value)}")
    if value not in choices:
        raise Bad(f"{toml_string(value)} is not a choice", f"write {words}")
    return choices.index(value)


def parse_bytes(key, value):
    if not isinstance(value, str):
        raise Bad(f"expected a string, got {kind_of(value)}")
    data = value.encode()
    if not key.min <= len(data) <= key.max:
        raise Bad(f"is {len(data)} bytes long", f"allowed are {key.min} to {key.max} bytes")
    return data


def parse_socket_addr(value):
    if not isinstance(value, str):
        raise Bad(f"expected an address and port, got {kind_of(value)}", 'such as "127.0.0.1:9999"')
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):([0-9]{1,5})", value)
    try:
        ipaddress.IPv6Address(match[1]) if match[1] else ipaddress.IPv4Address(match[2])
    except (TypeError, ValueError):
        raise Bad(f"{toml_string(value)} is not an address and port", socket_hint(value)) from None
    if int(match[3]) > 0xFFFF:
        raise Bad(f"port {match[3]} is out of range", "allowed are 0 to 65535")
    return value


def socket_hint(text):
    host, _, port = text.rpartition(":")
    if host == "localhost" and port.isdigit():
        return f'names are not looked up, write "127.0.0.1:{port}"'
    if re.fullmatch(r"[0-9.]+", text):
        return f'the port is missing, such as "{text}:9999"'
    if re.fullmatch(r"[0-9a-fA-F:.]+", host) and ":" in host:
        return f'write an IPv6 address in brackets, such as "[{host}]:{port}"'
    return 'write it like "127.0.0.1:9999" or "[::1]:9999"'


def show_duration(us):
    """The shortest exact form: 1500000 is 1500ms."""
    unit = next(unit for unit in ("s", "ms", "us") if us % UNITS[unit] == 0)
    return f"{us // UNITS[unit]}{unit}"


def show(key, value):
    """A kept value as it is written in TOML."""
    if key.type == "bool":
        return "true" if value else "false"
    if key.type == "duration":
        return f'"{show_duration(value)}"'
    if key.type == "choice":
        return f'"{key.choices[value]}"'
    if key.type == "bytes":
        return toml_string(value.decode())
    return f'"{value}"' if isinstance(value, str) else str(value)


def toml_string(text):
    escapes = {'"': '\\"', "\\": "\\\\", "\r": "\\r", "\n": "\\n", "\t": "\\t"}
    plain = lambda c: c if c.isprintable() else f"\\u{ord(c):04X}"
    return '"' + "".join(escapes.get(c) or plain(c) for c in text) + '"'


def show_range(key):
    """The allowed values in words; empty where the type says it all."""
    if key.type in ("bool", "socket_addr"):
        return ""
    if key.type == "choice":
        return " or ".join(f'"{word}"' for word in key.choices)
    if key.type == "bytes":
        return f"{key.min} to {key.max} bytes"
    if key.type == "duration":
        return f'"{show_duration(key.min)}" to "{show_duration(key.max)}"'
    return f"{key.min} to {key.max}" + (f" {key.unit}" if key.unit else "")
