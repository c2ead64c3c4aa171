# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tidiness: width, blanks, leftovers, licence lines, private paths, comments on public names."""

import re

import tree

WIDTH = 100
SUFFIXES = (".c", ".h", ".S", ".ld", ".py", ".sh", ".js", ".css", ".html", ".pml", "meson.build",
            "meson_options.txt")  # fmt: skip
LEFTOVER = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
PRIVATE_PATH = re.compile(r"(?<![\w./<])/(home|root|Users|work)/\w")
PUBLIC = re.compile(r"^source/\w+/include/mnemos/.*\.h$")

# A declaration at the margin of a header, and the name it declares.
DECLARES = [
    re.compile(r"#define (\w+)"),
    re.compile(r"(?:typedef )?(?:struct|union|enum) (\w+) \{"),
    re.compile(r"typedef .*?\b(\w+)(?:\[.*\])?;"),
    re.compile(r"typedef .*\(\*(\w+)\)\("),
    re.compile(r"(?:extern )?(?:[A-Za-z_]\w*[ *]+)+\**(\w+)\("),
    re.compile(r"extern .*?\b(\w+)(?:\[.*\])?;"),
]


def check_lines(path, lines, complaints):
    for number, line in enumerate(lines, 1):
        if len(line.expandtabs(8)) > WIDTH and "http" not in line:
            complaints.add(path, number, "width", f"wider than {WIDTH} columns")
        if line != line.rstrip():
            complaints.add(path, number, "blanks", "blanks at the end of the line")
        found = LEFTOVER.search(line)
        if found:
            complaints.add(path, number, "leftover", f"leftover {found[0]}")
        if PRIVATE_PATH.search(line):
            complaints.add(path, number, "path", "a path of one machine only")


def check_licence(path, lines, complaints):
    if not any("SPDX-License-Identifier: MIT OR Apache-2.0" in line for line in lines[:3]):
        complaints.add(path, 1, "licence", "no SPDX line among the first three")


def declared_name(line):
    for pattern in DECLARES:
        found = pattern.match(line)
        if found:
            return found[1]
    return None


def is_internal(name):
    guard = "MNEMOS_" in name and name.endswith("_H")
    return guard or name.lower().startswith("mn__")


def declarations(lines):
    """Yields (line, name, covered) of what stands at the margin of a header. Covered: a comment
    is directly above, or above the group: lines without a blank one between them, or what
    follows the struct that the comment is on."""
    covered = False
    after_type = False  # the last declaration was a struct, union or enum
    depth = 0  # of braces
    comment = continued = False
    for number, line in enumerate(lines, 1):
        if comment or line.startswith(("/*", "//")):
            comment = not line.rstrip().endswith("*/") and not line.startswith("//")
            covered = True
            continue
        if not line.strip() and depth == 0 and not continued:
            covered = covered and after_type
        name = None if depth or continued else declared_name(line)
        if name:
            yield number, name, covered or "/*" in line
            after_type = bool(re.match(r"(typedef )?(struct|union|enum) \w+ \{", line))
        if not line.startswith("#") and not continued:
            depth += line.count("{") - line.count("}")
        continued = line.endswith("\\")


def check_comments(headers, complaints):
    """Every public name is covered by a comment where it is declared (one place is enough: a
    struct often comes with the function of its name), or its header's comments speak of it."""
    found = {path: list(declarations(lines)) for path, lines in headers.items()}
    known = {name for entries in found.values() for _line, name, covered in entries if covered}
    for path, entries in found.items():
        words = set(re.findall(r"\w+", " ".join(re.findall(r"/\*.*?\*/", tree.read(path), re.S))))
        for number, name, _covered in entries:
            if name not in known and name not in words and not is_internal(name):
                complaints.add(path, number, "comment", f"no comment on {name}", name)


def is_source(path, lines):
    return path.endswith(SUFFIXES) or (lines and lines[0].startswith("#!"))


def main():
    complaints = tree.Complaints("tidy")
    headers = {}
    for path in tree.files():
        lines = tree.read(path).splitlines()
        if not is_source(path, lines):
            continue
        check_lines(path, lines, complaints)
        check_licence(path, lines, complaints)
        if PUBLIC.match(path):
            headers[path] = lines
    check_comments(headers, complaints)
    complaints.end()


if __name__ == "__main__":
    main()
