# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the checks share: the files of the tree, the list of exceptions, the way to complain."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(os.environ.get("MN_ROOT", pathlib.Path(__file__).resolve().parents[2]))


def files(*patterns):
    """Paths relative to ROOT of what git tracks or would track, sorted."""
    command = ["git", "-C", str(ROOT), "ls-files", "-coz", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = sorted(set(filter(None, listed.split("\0"))))
    return [path for path in found if (ROOT / path).is_file() and not (ROOT / path).is_symlink()]


def read(path):
    return (ROOT / path).read_text(errors="replace")


class Complaints:
    """Collects findings; those that exceptions.txt names are forgiven, each for its reason."""

    LIST = "tools/lint/exceptions.txt"

    def __init__(self, check):
        self.count = 0
        self.check = check
        self.exceptions = {}
        for number, line in enumerate(read(self.LIST).splitlines(), 1):
            fields = line.split(None, 2)
            if fields and not line.startswith("#") and fields[0].split(".")[0] == check:
                self.exceptions[(fields[0], fields[1])] = number
        self.used = set()

    def add(self, path, line, rule, message, name=None):
        """`name` is what the finding is about, if it is smaller than the file."""
        for subject in (path, f"{path}:{name}"):
            if (f"{self.check}.{rule}", subject) in self.exceptions:
                self.used.add((f"{self.check}.{rule}", subject))
                return
        print(f"{path}:{line}: {message} [{self.check}.{rule}]")
        self.count += 1

    def end(self):
        for key in self.exceptions.keys() - self.used:
            print(f"{self.LIST}:{self.exceptions[key]}: nothing needs this exception any more")
            self.count += 1
        sys.exit(1 if self.count else 0)
