# SPDX-License-Identifier: MIT OR Apache-2.0
"""On which line a key stands, which tomllib does not tell.

A scanner over text that tomllib has already accepted: it has to find its way, not to find
errors. It follows table headers, dotted and quoted keys, comments, all four kinds of
string, arrays over several lines and inline tables.
"""

import re

SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
BLANK = re.compile(r"[ \t]*")
STRING = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\]|\\.)*"|\'[^\']*\'', re.S)
BARE = re.compile(r"[A-Za-z0-9_-]+")
SCALAR = re.compile(r"[^,\]}#\r\n]+")
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")
ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def find_lines(text):
    """A dict from key path (a tuple of names) to the line, counted from 1, where it first
    stands, whether as `a.b = ...`, as `[a.b]` or inside `{ }`."""
    return Scanner(text).document()


class Scanner:
    def __init__(self, text):
        self.text = text
        self.at = 0
        self.lines = {}

    def document(self):
        table = ()
        self.skip(SPACE)
        while self.at < len(self.text):
            if self.peek("["):
                table = self.header()
            else:
                self.pair(table)
            self.skip(SPACE)
        return self.lines

    def skip(self, pattern):
        """Goes over what matches here, and returns it."""
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return match[0] if match else ""

    def peek(self, char):
        return self.text.startswith(char, self.at)

    def take(self, char):
        found = self.peek(char)
        self.at += len(char) if found else 0
        return found

    def need(self, taken):
        """tomllib has seen to it that this holds; if not, better stop than go round for ever."""
        if not taken:
            raise AssertionError(f"lost at character {self.at}")

    def header(self):
        """[a.b] or [[a.b]]; the entries of an array of tables share one path."""
        while self.take("["):
            pass
        path = self.dotted(())
        while self.take("]"):
            pass
        return path

    def dotted(self, path):
        """A dotted key; notes the line of each of its parts."""
        while True:
            self.skip(BLANK)
            line = self.text.count("\n", 0, self.at) + 1
            path += (self.name(),)
            self.lines.setdefault(path, line)
            self.skip(BLANK)
            if not self.take("."):
                return path

    def name(self):
        if not (self.peek('"') or self.peek("'")):
            return self.skip(BARE)
        quoted = self.skip(STRING)
        return quoted[1:-1] if quoted[0] == "'" else ESCAPE.sub(unescape, quoted[1:-1])

    def pair(self, table):
        path = self.dotted(table)
        self.need(self.take("="))
        self.skip(BLANK)
        self.value(path)

    def value(self, path):
        if self.take("["):
            self.items("]", lambda: self.value(path))
        elif self.take("{"):
            self.items("}", lambda: self.pair(path))
        elif self.peek('"') or self.peek("'"):
            self.need(self.skip(STRING))
        else:
            self.need(self.skip(SCALAR))

    def items(self, end, item):
        """What stands between brackets, commas and all."""
        self.skip(SPACE)
        while not self.take(end):
            item()
            self.skip(SPACE)
            self.take(",")
            self.skip(SPACE)


def unescape(match):
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else ESCAPES[match[3]]
