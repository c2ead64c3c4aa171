# SPDX-License-Identifier: MIT OR Apache-2.0
"""Asynchronous bodies: what a wait would lose. The rules themselves are in waits.query.

    waits.py                        every file of build/clang
    waits.py FILE... -- FLAG...     these files, compiled with these flags
"""

import concurrent.futures
import json
import os
import re
import subprocess
import sys

import tree

BUILD = tree.ROOT / "build/clang"
QUERY = tree.ROOT / "tools/lint/waits.query"
FOUND = re.compile(r'^(.+?):(\d+):\d+: note: "(\w+)" binds here', re.M)
MESSAGES = {
    "local": "this local does not live across the wait below it; keep it in the struct, or in "
    "an inner block between two waits",
    "for": "the loop's variable does not live across the wait in its body; keep it in the struct",
    "switch": "a wait inside a switch: its resume point is not reachable",
    "static": "a static local is shared by all instances; keep it in the struct",
    "parameter": "a body with waits takes one parameter, `self`; others do not live across a wait",
    "temporary": "this temporary has gone when the wait ends; keep it in the struct",
}


def findings(output):
    """Yields (path, line, rule) of what clang-query printed. A lost local comes as a pair."""
    for match in re.split(r"^Match #\d+:$", output, flags=re.M):
        places = {rule: (path, int(line)) for path, line, rule in FOUND.findall(match)}
        wait = places.pop("wait", None)
        for rule, (path, line) in places.items():
            if wait is None or wait[1] > line:
                yield os.path.relpath(BUILD / path, tree.ROOT), line, rule


def query(files, options):
    """The findings in some files as (path, line, rule); what does not compile is an error."""
    command = ["clang-query", "-f", str(QUERY), *options[0], *files, *options[1]]
    done = subprocess.run(command, capture_output=True, text=True)
    output = done.stdout + done.stderr
    if done.returncode != 0 or re.search(r"error:|^\d+:\d+: ", output, re.M):
        sys.exit(output)
    return set(findings(output))


def sources():
    """The files of the build that include our headers."""
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        with open(path, errors="replace") as file:
            if "mnemos/" in file.read():
                yield path


def main():
    if "--" in sys.argv:
        split = sys.argv.index("--")
        files, options = sys.argv[1:split], ([], sys.argv[split:])
    else:
        files, options = sorted(set(sources())), (["-p", str(BUILD)], [])
    parts = [part for part in (files[i :: os.cpu_count()] for i in range(os.cpu_count())) if part]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = set().union(*pool.map(lambda part: query(part, options), parts))
    complaints = tree.Complaints("waits")
    for path, line, rule in sorted(found):
        complaints.add(path, line, rule, MESSAGES[rule])
    complaints.end()


if __name__ == "__main__":
    main()
