# SPDX-License-Identifier: MIT OR Apache-2.0
"""clang-tidy over build/clang, only where something is new: a file that was clean is not looked
at again until it, a header of ours, its command or .clang-tidy has other content."""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys

import tree

BUILD = tree.ROOT / "build/clang"
SHIPPED = ("source/", "platforms/", "tools/")  # tests are long, and gcc and clang look at them
CLEAN = BUILD / "clang-tidy"  # an empty file for each content that was found clean


def digest(*parts):
    state = hashlib.sha256()
    for part in parts:
        state.update(part.encode() + b"\0")
    return state.hexdigest()


def targets():
    """Yields (path, digest of all that its verdict depends on)."""
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True).stdout
    common = digest(version, tree.read(".clang-tidy"), *(tree.read(h) for h in tree.files("*.h")))
    seen = set()
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        inside = os.path.relpath(path, tree.ROOT)
        if path in seen or not inside.startswith(SHIPPED):
            continue
        seen.add(path)
        yield inside, digest(common, entry["command"], tree.read(inside))


def check(target):
    path, mark = target
    command = ["clang-tidy", "--quiet", "-p", str(BUILD), str(tree.ROOT / path)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        (CLEAN / mark).touch()
        return 0
    output = done.stdout + re.sub(r"^\d+ warnings?.*\n", "", done.stderr, flags=re.M)
    sys.stdout.write(output.replace(f"{BUILD}/../../", "").replace(f"{tree.ROOT}/", ""))
    return 1


def main():
    CLEAN.mkdir(exist_ok=True)
    todo = [target for target in targets() if not (CLEAN / target[1]).exists()]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        bad = sum(pool.map(check, todo))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
