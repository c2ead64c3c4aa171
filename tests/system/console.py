# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs the commands of a page, and compares what they print with what the page says.

    unshare -rn /usr/bin/python3 tests/system/console.py book/first-five-minutes.md

A block is a piece of what a reader sees in a terminal:

    ```console
    $ ./mn crowtty --version
    crowtty ...
    ```

`$ ` begins a command, `> ` continues it; the lines up to the next are its output. `...` stands
for anything in a line, or alone for any lines. `^C` and `^]` are these keys. ```console NAME is
another terminal. A command must end well before the next one in its terminal, unless `$ echo $?`
follows. One whose output ends with `...` may still run when the page goes on: a block that begins
with output says what it prints next. It gets Ctrl-C at the end of the page, and must have said
something before: only then is it sure to be the one that the key reaches.

Each page has a directory of its own, with everything of the tree in it, and a network of its own
(that is what unshare is for), so that the ports in the text are free.
"""
import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import socket
import struct
import sys
import tempfile
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEADLINE_S = 100

# `./mn test` is what runs this, and what boards show is tested with them.
RUN_ELSEWHERE = {"./mn test", "./mn run riscv64 --demo bouncing_ball"}
INTERRUPTED = 130  # exit code after Ctrl-C

# Where windows would be shown.
WINDOWS = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")

KEYS = {"^C": b"\x03", "^]": b"\x1d"}

FENCE = re.compile(r"^```(\S*) ?(.*?)\n(.*?)^```$", re.M | re.S)
# The shell's prompt: not in anybody's output, and with the exit code.
PROMPT = re.compile(r"\x1e(\d+)\x1f")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Differs(Exception):
    """The page does not say what happens."""


def blocks(text):
    """Yields (line number, language, argument, content) of each fenced block."""
    for match in FENCE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1], match[2], match[3]


def steps(content):
    """Splits a block into (what is typed, lines that follow); what is typed is None for output
    that comes before anything is typed."""
    found = [(None, [])]
    for line in content.splitlines():
        typed, output = found[-1]
        if line.startswith("$ ") or line in KEYS:
            found.append((line.removeprefix("$ "), []))
        elif line.startswith("> ") and typed and not output:
            found[-1] = (typed + "\n" + line.removeprefix("> "), [])
        else:
            found[-1][1].append(line)
    return [step for step in found if step != (None, [])]


def pattern(lines):
    """The regular expression of the lines of a page."""
    each = [
        r"(?:.*\n)*?" if line == "..." else ".*".join(map(re.escape, line.split("..."))) + r" *\n"
        for line in lines
    ]
    return re.compile("".join(each))


def as_seen(text):
    """What a terminal shows of a program's output: colours off, rewritten lines once."""
    text = re.sub(r"\r+\n", "\n", ESCAPE.sub("", text))
    return re.sub(r"^.*\r", "", text, flags=re.M)


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, directory):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            self._become_shell(directory)
        self.text = ""  # what came and was not yet compared
        self.running = True
        self.may_run_on = False  # it was left running, as the page says
        self.code = 0  # of the last command that ended
        self.finish()

    @staticmethod
    def _become_shell(directory):
        mode = termios.tcgetattr(0)
        # Ctrl-C flushes what is on its way, after the signal: it could flush the prompt.
        mode[3] = mode[3] & ~termios.ECHO | termios.NOFLSH
        termios.tcsetattr(0, termios.TCSANOW, mode)
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        os.chdir(directory)
        env = {**os.environ, "PS1": "\x1e$?\x1f", "PS2": "", "TERM": "xterm"}
        for name in ("PYTEST_ADDOPTS", "CMOCKA_MESSAGE_OUTPUT", "MN_SHUFFLE", *WINDOWS):
            env.pop(name, None)
        os.execvpe("bash", ["bash", "--noprofile", "--norc", "--noediting", "-i"], env)

    def _read_until(self, done):
        deadline = time.monotonic() + DEADLINE_S
        while not done():
            ready, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError(f"no end within {DEADLINE_S} s of:\n{as_seen(self.text)}")
            try:
                self.text += os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                raise Differs(f"the terminal closed after:\n{as_seen(self.text)}") from None

    def _ended(self):
        found = PROMPT.search(self.text)
        if found:
            self.running, self.code = False, int(found[1])
            self.text = self.text[: found.start()]
        return not self.running

    def finish(self):
        """Waits for the end of the command."""
        self._read_until(self._ended)
        self.text = ""

    def _output(self):
        """What is to be compared: all there is, or the complete lines of a running command."""
        text = as_seen(self.text)
        if self.running:
            return text[: text.rfind("\n") + 1]
        return text + "\n" if text and not text.endswith("\n") else text

    def expect(self, lines, interrupted=False):
        """Waits for output as in `lines`. The shell begins a new line where it was interrupted."""
        wanted = re.compile(pattern(lines).pattern + (r"\n?" if interrupted else ""))
        self.may_run_on = lines[-1:] == ["..."]

        def matches():
            return wanted.fullmatch(self._output())

        try:
            self._read_until(lambda: self._ended() or (self.may_run_on and matches()))
        except TimeoutError:
            pass  # then it does not match
        if not matches():
            shown = "\n".join(lines)
            raise Differs(f"the page has:\n{shown}\nbut it was:\n{as_seen(self.text)}")
        self.text = self.text[self.text.rfind("\n") + 1 :] if self.running else ""

    def type(self, command):
        """Types a command where the one before has ended, and well unless its code is shown."""
        if self.running:
            self.finish()
        if self.code not in (0, INTERRUPTED) and command != "echo $?":
            raise Differs(f"what was typed before `{command}` ended with {self.code}")
        self.running = True
        os.write(self.fd, command.encode() + b"\n")

    def press(self, key):
        os.write(self.fd, KEYS[key])

    def end(self):
        if self.running and self.may_run_on:
            self.press("^C")
        self.type("exit")

    def kill(self):
        """Nothing outlives it: not the shell, nor what it is running in the foreground."""
        try:
            foreground = os.tcgetpgrp(self.fd)
        except OSError:
            foreground = 0  # the shell has ended
        os.close(self.fd)
        for group in {self.pid, foreground} - {0, os.getpgrp()}:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                pass
        os.waitpid(self.pid, 0)


class Page:
    """The terminals of a page."""

    def __init__(self, directory):
        self.directory = directory
        self.terminals = {}

    def run(self, name, content):
        if name not in self.terminals:
            self.terminals[name] = Terminal(self.directory)
        terminal = self.terminals[name]
        for typed, lines in steps(content):
            if typed in RUN_ELSEWHERE:
                continue
            if typed in KEYS:
                terminal.press(typed)
            elif typed is not None:
                terminal.type(typed)
            terminal.expect(lines, interrupted=typed in KEYS)

    def end(self):
        for terminal in self.terminals.values():
            terminal.end()

    def kill(self):
        for terminal in self.terminals.values():
            terminal.kill()


def run_page(path):
    """Raises Differs with the place of the block that is not true."""
    number = 0
    with tempfile.TemporaryDirectory(prefix="page-") as directory:
        for entry in ROOT.iterdir():
            os.symlink(entry, os.path.join(directory, entry.name))
        page = Page(directory)
        try:
            for number, language, argument, content in blocks(path.read_text()):
                if language == "console":
                    page.run(argument, content)
            page.end()
        except (Differs, TimeoutError) as difference:
            raise Differs(f"{path.relative_to(ROOT)}:{number}: {difference}") from None
        finally:
            page.kill()


def raise_loopback():
    """A new network has a loopback device that is down: SIOCGIFFLAGS, SIOCSIFFLAGS."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh22x", b"lo", 0)
        name, flags = struct.unpack("16sh22x", fcntl.ioctl(control, 0x8913, request))
        fcntl.ioctl(control, 0x8914, struct.pack("16sh22x", name, flags | 1))


def main():
    raise_loopback()
    for name in sys.argv[1:]:
        try:
            run_page(pathlib.Path(name).resolve())
        except Differs as difference:
            sys.exit(str(difference))


if __name__ == "__main__":
    main()
