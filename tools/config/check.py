# SPDX-License-Identifier: MIT OR Apache-2.0
"""Checks a board's TOML file against the schema and gives the value of every key.

All errors are found in one go. Each is one line: FILE:LINE: key: what is wrong; suggestion.
"""

import difflib
import re
import tomllib

import values
from lines import find_lines


class Invalid(Exception):
    """The file cannot be used; `lines` holds one message for each error."""

    def __init__(self, lines):
        super().__init__("\n".join(lines))
        self.lines = lines


def load(schema, path, name=None):
    """The values by dotted key path, every key of the schema among them. Raises Invalid, and
    OSError when the file cannot be read. `name` is what messages call the file."""
    name = name or str(path)
    data = path.read_bytes()
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
        document = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line, byte = data.count(b"\n", 0, error.start) + 1, data[error.start]
        raise Invalid([f"{name}:{line}: not TOML: byte 0x{byte:02x} is not UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise Invalid([syntax_error(name, text, str(error))]) from None
    except (ValueError, RecursionError):
        # Python's own limits: an integer of thousands of digits, brackets nested as deeply.
        raise Invalid([f"{name}:1: a number is too long or a value nested too deeply"]) from None
    return Check(schema, name, find_lines(text)).run(document)


def syntax_error(name, text, message):
    """tomllib puts the place at the end of its message."""
    match = re.fullmatch(r"(.*) \(at line ([0-9]+), column ([0-9]+)\)", message, re.S)
    if match:
        return f"{name}:{match[2]}: not TOML: {lower(match[1])} (column {match[3]})"
    line = text.rstrip("\n").count("\n") + 1
    return f"{name}:{line}: not TOML: {lower(message.removesuffix(' (at end of document)'))}"


def lower(text):
    return text[:1].lower() + text[1:]


class Check:
    """One pass over one file."""

    def __init__(self, schema, name, lines):
        self.schema = schema
        self.name = name
        self.lines = lines
        self.values = {path: key.default for path, key in schema.keys.items()}
        self.errors = []
        self.bad = set()

    def run(self, document):
        self.table("", document)
        self.bad = {path for _, path, _ in self.errors}
        self.check_needs()
        self.check_ports()
        if self.errors:
            ordered = sorted(self.errors, key=lambda error: error[0])
            raise Invalid([f"{self.name}:{line}: {path}: {text}" for line, path, text in ordered])
        return self.values

    def error(self, path, what, hint=""):
        line = self.lines.get(tuple(path.split(".")), 1)
        self.errors.append((line, path, f"{what}; {hint}" if hint else what))

    def table(self, path, content):
        for name, value in content.items():
            below = f"{path}.{name}" if path else name
            # A quoted name with a dot in it is no path of ours; neither can it be looked up.
            if "." not in name and below in self.schema.keys:
                self.key(self.schema.keys[below], value)
            elif "." not in name and self.schema.is_table(below):
                self.subtable(below, value)
            else:
                self.unknown(path, name, value)

    def subtable(self, path, value):
        if isinstance(value, dict):
            self.table(path, value)
        elif isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
            self.error(path, "expected a table, got an array of tables", f"write [{path}]")
        else:
            hint = f"write [{path}]"
            if f"{path}.enabled" in self.schema.keys and isinstance(value, bool):
                hint += f" and below it enabled = {str(value).lower()}"
            self.error(path, f"expected a table, got {values.kind_of(value)}", hint)

    def key(self, key, value):
        try:
            self.values[key.path] = values.parse(key, value)
        except values.Bad as error:
            self.error(key.path, str(error))

    def unknown(self, path, name, value):
        shown = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else values.toml_string(name)
        full = f"{path}.{shown}" if path else shown
        line = self.lines.get((*path.split("."), name) if path else (name,), 1)
        table = self.schema.tables.get(path)
        if table and name in table.retired:
            text = f"not a key here; {table.retired[name]}"
        else:
            kind = "table" if isinstance(value, dict) else "key"
            where = f" in {path}" if path else ""
            said = f"'{name}'" if name.isprintable() else shown
            text = f"unknown {kind} {said}{where}; {self.intention(path, name, kind)}"
        self.errors.append((line, full, text))

    def intention(self, path, name, kind):
        """What was probably meant: a neighbour by another spelling, or the right name in
        the wrong place; else what there is to choose from."""
        known = self.schema.children(path)
        known = [word for word in known if kind == "key" or self.schema.is_table(join(path, word))]
        near = difflib.get_close_matches(name, known, 1, 0.75)
        if near:
            return f"did you mean '{near[0]}'?"
        places = self.schema.tables if kind == "table" else self.schema.keys
        elsewhere = [place for place in places if place.rpartition(".")[2] == name]
        if elsewhere and name != "enabled":
            return f"did you mean {' or '.join(repr(place) for place in elsewhere)}?"
        if not known:
            return "nothing is known there"
        return f"known there: {', '.join(known)}"

    def check_needs(self):
        """What is enabled must find what it needs enabled too."""
        for table in self.schema.tables.values():
            if not self.values.get(f"{table.name}.enabled"):
                continue
            for need in table.needs:
                switch = f"{need}.enabled"
                # What was written wrongly may have been meant rightly: one error is enough.
                if not self.values[switch] and not self.bad & {need, switch}:
                    self.error(f"{table.name}.enabled", f"needs {need}, which is not enabled",
                               f"add enabled = true to [{need}]")

    def check_ports(self):
        """Ports in use: none twice, and no more than the multiplexer has room for."""
        used = {}
        for key in self.schema.keys.values():
            if key.type != "port" or not self.values.get(f"{key.path.rpartition('.')[0]}.enabled"):
                continue
            port = self.values[key.path]
            other = used.setdefault(port, key.path)
            if other != key.path:
                self.error(self.nearest(key.path), f"port {port} is taken by {other}",
                           "choose another")
        path, count = "services.serial_mux.max_ports", len(used)
        room = self.values[path]
        if count > room:
            self.error(self.nearest(path), f"{room} is too few for {count} enabled ports",
                       f"write max_ports = {count} or more")

    def nearest(self, path):
        """The key itself or, where it was left to its default, the switch of its table."""
        if tuple(path.split(".")) in self.lines:
            return path
        return f"{path.rpartition('.')[0]}.enabled"


def join(path, name):
    return f"{path}.{name}" if path else name
