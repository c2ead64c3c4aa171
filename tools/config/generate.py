# SPDX-License-Identifier: MIT OR Apache-2.0
"""What is made from the schema and from checked values: C, blobs, TOML and the reference."""

import textwrap

import values
from schema import Schema, platforms

SPDX = "/* SPDX-License-Identifier: MIT OR Apache-2.0 */\n"
MADE = "/* Made by tools/config/mnconfig from the schema; do not edit. */\n"
C_TYPES = {"bool": "bool", "u16": "uint16_t", "u32": "uint32_t", "port": "uint16_t",
           "duration": "uint64_t", "choice": "uint8_t"}


def tree(schema):
    """The tables as nested dicts whose leaves are keys, in schema order."""
    top = {}
    for table in schema.tables.values():
        at = top
        for part in table.name.split("."):
            at = at.setdefault(part, {})
        at.update(table.keys)
    return top


def field_name(key):
    """The C member: as the key, with the unit last where the C value has one."""
    return key.name + ("_us" if key.type == "duration" else "")


def member(key):
    """The C expression of a key inside struct mn_config."""
    return f"{key.path.rpartition('.')[0]}.{field_name(key)}"


def struct_header(schema):
    """The structs, innermost first."""
    guard = "MNEMOS_CONFIG_STRUCT_H"
    out = [SPDX + MADE, f"#ifndef {guard}\n#define {guard}\n"]
    out.append("#include <stdbool.h>\n#include <stdint.h>\n")
    out += [choice_enum(key) for key in schema.keys.values() if key.type == "choice"]
    emit_structs(schema, "", tree(schema), out)
    out.append("#endif\n")
    return "\n".join(out)


def choice_enum(key):
    names = [f"\t{constant(key, index)}," for index in range(len(key.choices))]
    return "\n".join([f"/* {key.path} */", f"enum mn_config_{key.name} {{", *names, "};\n"])


def constant(key, index):
    return f"MN_CONFIG_{key.name}_{key.choices[index]}".upper()


def emit_structs(schema, path, content, out):
    """One struct for each table below `path`, then the one for `path` itself."""
    members = []
    for name, entry in content.items():
        below = f"{path}.{name}" if path else name
        if isinstance(entry, dict) and entry:
            emit_structs(schema, below, entry, out)
            members.append(f"\tstruct mn_config_{name} {name};")
        elif not isinstance(entry, dict):
            members += [c_comment(entry), *declare(entry)]
    if members:
        name = path.rpartition(".")[2]
        doc = "A whole configuration: every key has a value."
        if path:
            doc = f"[{path}] {schema.tables[path].doc}" if path in schema.tables else f"[{path}]"
        tag = f"mn_config_{name}" if path else "mn_config"
        out.append("\n".join([*comment(doc, ""), f"struct {tag} {{", *members, "};\n"]))


def declare(key):
    if key.type == "bytes":
        return [f"\tuint8_t {key.name}_len;", f"\tuint8_t {key.name}[{key.max}];"]
    if key.type == "socket_addr":
        return [f"\tchar {key.name}[{key.max + 1}];"]
    return [f"\t{C_TYPES[key.type]} {field_name(key)};"]


def c_comment(key):
    about = values.show_range(key)
    if key.type == "choice":
        about = f"An enum mn_config_{key.name}"
    if key.type == "duration":
        about = f"{key.min} to {key.max} us"
    return "\n".join(comment(key.doc + (f" {about}." if about else ""), "\t"))


def comment(text, indent):
    """A C comment of one or more lines."""
    lines = textwrap.wrap(text, 86)
    if len(lines) == 1:
        return [f"{indent}/* {lines[0]} */"]
    return [f"{indent}/*", *(f"{indent} * {line}" for line in lines), f"{indent} */"]


def wire_table(schema):
    """The table by which source/config/config.c reads and writes blobs."""
    out = [SPDX + MADE + '#include "config_table.h"\n',
           f"const uint32_t mn__config_fingerprint = 0x{schema.fingerprint():08x};\n",
           "const struct mn__config_field mn__config_fields[] = {"]
    out += [f"\t{wire_entry(key)}," for key in schema.keys.values()]
    out += ["};\n", f"const size_t mn__config_field_count = {len(schema.keys)};\n"]
    return "\n".join(out)


def wire_entry(key):
    where = f'"{key.path}", {member(key)}'
    if key.type == "bytes":
        return f"MN__CONFIG_BYTES({where}, {key.min})"
    if key.type == "socket_addr":
        return f"MN__CONFIG_TEXT({where}, {key.min})"
    if key.type == "bool":
        return f"MN__CONFIG_BOOL({where})"
    return f"MN__CONFIG_UINT({where}, {key.min}, {key.max})"


def initialiser(schema, config, source):
    """A C file that defines mn_config_board."""
    out = [SPDX + MADE + f"/* Values: {source} */\n#include <mnemos/config.h>\n",
           "const struct mn_config mn_config_board = {"]
    for key in schema.keys.values():
        value = config[key.path]
        if key.type == "bytes":
            out.append(f"\t.{member(key)}_len = {len(value)},")
            out.append(f"\t.{member(key)} = {{{', '.join(f'0x{byte:02x}' for byte in value)}}},")
        else:
            out.append(f"\t.{member(key)} = {c_value(key, value)},")
    return "\n".join(out + ["};\n"])


def c_value(key, value):
    if key.type == "choice":
        return constant(key, value)
    if key.type == "duration":
        return f"UINT64_C({value})"
    return values.show(key, value)


def encode(schema, config):
    """The blob: the fingerprint, then every key in schema order, all as postcard."""
    out = varint(schema.fingerprint())
    for key in schema.keys.values():
        value = config[key.path]
        if isinstance(value, str):
            value = value.encode()
        out += varint(len(value)) + value if isinstance(value, bytes) else varint(int(value))
    return out


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def template(schema):
    """A file with every key, at its default, under what the reference says of it."""
    out = ["# Configuration of a MnemOS board. Every line may be left out: the values below are",
           "# the defaults. What is not enabled is not started."]
    for table in schema.tables.values():
        if not table.keys:
            continue
        out += ["", *prose(table.doc, "# "), f"[{table.name}]"]
        for key in table.keys.values():
            allowed = values.show_range(key)
            out += prose(key.doc + (f" ({allowed})" if allowed else ""), "# ")
            out.append(f"{key.name} = {values.show(key, key.default)}")
    return "\n".join(out) + "\n"


def prose(text, indent):
    return textwrap.wrap(text, 96, initial_indent=indent, subsequent_indent=indent)


def reference():
    """The body of book/reference/configuration.md."""
    common = Schema()
    out = [INTRODUCTION]
    out += [reference_table(table) for table in common.tables.values()]
    schemas = {platform: Schema(platform) for platform in platforms()}
    having = {}  # which platforms have a table, by its name
    for platform, own in schemas.items():
        for name in own.tables:
            if name not in common.tables:
                having.setdefault(name, []).append(platform)
    # A table of the same name may have other keys elsewhere; one of services is the same.
    shared = [name for name, where in having.items() if len(where) > 1 and "services." in name]
    for where in dict.fromkeys(tuple(having[name]) for name in shared):
        out.append(f"## On {' and '.join(where)}\n")
        out += [reference_table(schemas[where[0]].tables[name]) for name in shared
                if tuple(having[name]) == where]
    for platform, own in schemas.items():
        out.append(f"## On {platform}\n")
        out += [reference_table(own.tables[name]) for name in own.tables
                if name in having and name not in shared]
        for name, table in common.tables.items():
            extra = [need for need in own.tables[name].needs if need not in table.needs]
            if extra:
                out.append(f"`{name}` needs {names(extra)} here.\n")
    return "\n".join(out).rstrip("\n") + "\n"


INTRODUCTION = """\
# Configuration

<!-- Made by `tools/config/mnconfig docs` from the schema; do not edit. -->

A board is described by one TOML file, for instance `platforms/melpomene/melpomene.toml`. It is
checked when the image is built, and its values become constants of the image. The simulator can
also read one when it starts (`--config FILE`). `tools/config/mnconfig` checks a file by hand and
writes a new one with every key in it (`init`).

Any key or table may be left out and then has its default; what is not enabled is not started. What
the schema does not know, a wrong type and a value out of range are errors. A duration is a whole
number and `us`, `ms` or `s` in a string, or a table `{ secs = 1, nanos = 0 }`.
"""


def reference_table(table):
    needs = f" Needs {names(table.needs)}." if table.needs else ""
    out = [f"## `[{table.name}]`", "", table.doc + needs, ""]
    if table.keys:
        out += ["| Key | Type | Allowed | Default | Meaning |", "|---|---|---|---|---|"]
    for key in table.keys.values():
        default = f"`{values.show(key, key.default)}`"
        cells = (f"`{key.name}`", key.type, values.show_range(key), default, key.doc)
        out.append(f"| {' | '.join(cells)} |")
    if table.keys:
        out.append("")
    if table.retired:
        out += ["Keys of the Rust implementation that are refused:", ""]
        out += [f"- `{old}`: {why}." for old, why in table.retired.items()] + [""]
    return "\n".join(out)


def names(tables):
    return ", ".join(f"`{name}`" for name in tables)
