# SPDX-License-Identifier: MIT OR Apache-2.0
"""The schema: which tables and keys a board's configuration may have.

Read from source/config/schema.toml and, for a platform, platforms/NAME/schema.toml and what that
includes; the first of these explains the notation. An error in a schema is an error in this tree,
so it raises an exception instead of being reported nicely.
"""

import tomllib
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import values

ROOT = Path(__file__).resolve().parents[2]
COMMON = ROOT / "source/config/schema.toml"


@dataclass(frozen=True)
class Key:
    """One key; `min`, `max` and `default` as they are kept: see values.py."""

    path: str
    type: str
    doc: str
    default: object
    min: int = 0
    max: int = 0
    unit: str = ""
    choices: tuple = ()

    @property
    def name(self):
        return self.path.rpartition(".")[2]


@dataclass
class Table:
    """One table; `enabled` is None or what enabling it starts."""

    name: str
    doc: str
    enabled: str | None = None
    needs: list = field(default_factory=list)
    keys: dict = field(default_factory=dict)
    retired: dict = field(default_factory=dict)


class Schema:
    """All tables by dotted path, in wire order, and all keys by dotted path."""

    def __init__(self, platform=None):
        self.platform = platform
        own = platform_file(platform) if platform else None
        shared = tomllib.loads(own.read_text("utf-8")).get("include", []) if own else []
        # The files it is read from.
        self.files = [COMMON, *(ROOT / path for path in shared), *([own] if own else [])]
        self.tables = {}
        serves = []
        for path in self.files:
            for entry in tomllib.loads(path.read_text("utf-8")).get("table", []):
                self._add_table(entry)
                serves += [(served, entry["name"]) for served in entry.get("serves", [])]
        for served, server in serves:
            self.tables[served].needs.append(server)

    def _add_table(self, entry):
        table = Table(entry["name"], entry["doc"], entry.get("enabled"), entry.get("needs", []))
        if table.enabled:
            doc = f"Whether to start {table.enabled}."
            table.keys["enabled"] = Key(f"{table.name}.enabled", "bool", doc, False, 0, 1)
        for key in entry.get("key", []):
            table.keys[key["name"]] = make_key(table.name, key)
        table.retired = {old["name"]: old["why"] for old in entry.get("retired", [])}
        self.tables[table.name] = table

    @property
    def keys(self):
        return {key.path: key for table in self.tables.values() for key in table.keys.values()}

    def children(self, path):
        """Names of the keys and tables directly below a table ("" is the top)."""
        prefix = path + "." if path else ""
        paths = (*self.tables, *self.keys)
        below = [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]
        return list(dict.fromkeys(name.partition(".")[0] for name in below))

    def is_table(self, path):
        return any(name == path or name.startswith(path + ".") for name in self.tables)

    def fingerprint(self):
        """32 bits that change when a blob of one schema would be misread with another."""
        wire = [f"{key.path}:{key.type}:{','.join(key.choices)}" for key in self.keys.values()]
        return zlib.crc32("\n".join(wire).encode())


def make_key(table, entry):
    """A Key from its schema entry; limits and default are given as a user would write them."""
    kind, choices = entry["type"], tuple(entry.get("choices", ()))
    low, high = values.type_range(kind, choices)
    limits = [values.limit(kind, entry[end]) if end in entry else whole
              for end, whole in (("min", low), ("max", high))]
    key = Key(f"{table}.{entry['name']}", kind, entry["doc"], None, *limits,
              entry.get("unit", ""), choices)
    default = values.parse(key, entry["default"])
    return Key(key.path, kind, key.doc, default, *limits, key.unit, choices)


def platforms():
    """Platforms that have tables of their own."""
    return sorted(path.parent.name for path in (ROOT / "platforms").glob("*/schema.toml"))


def platform_file(platform):
    """The schema of a platform: a name in this tree, or the path of a file outside it."""
    if platform.endswith(".toml"):
        return Path(platform)
    return ROOT / "platforms" / platform / "schema.toml"
