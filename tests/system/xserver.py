# SPDX-License-Identifier: MIT OR Apache-2.0
"""An X server without a screen, and hands and eyes for the windows on it."""
import ctypes
import os
import select
import struct
import subprocess

from PIL import Image

from conftest import DEADLINE_S


class Xserver:
    """Xvfb at a display of its own choice; `env` is for the programs that shall use it."""

    def __init__(self):
        ours, its = os.pipe()
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(its), "-screen", "0", "1280x1024x24", "-nolisten", "tcp",
             "-noreset",  # else it refuses who comes just when the last client has gone
             "-r"],  # a key that is down does not repeat
            pass_fds=[its], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(its)
        said = b""
        while not said.endswith(b"\n"):
            assert select.select([ours], [], [], DEADLINE_S)[0], "Xvfb does not start"
            more = os.read(ours, 16)
            assert more, "Xvfb has ended"
            said += more
        os.close(ours)
        unset = ("WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
        self.env = {name: value for name, value in os.environ.items() if name not in unset}
        self.env["DISPLAY"] = ":" + said.decode().strip()

    def close(self):
        self.process.terminate()
        self.process.wait(DEADLINE_S)

    def run(self, *command) -> bytes:
        return subprocess.run(list(map(str, command)), env=self.env, check=True,
                              timeout=DEADLINE_S, stdout=subprocess.PIPE).stdout

    def window(self, title: str) -> int:
        """The window whose title matches, once it is there."""
        return int(self.run("xdotool", "search", "--sync", "--onlyvisible", "--name", title))

    def press(self, window: int, *keys: str):
        """As from a keyboard, not by an event sent to the window."""
        self.run("xdotool", "windowfocus", "--sync", window, "key", *keys)

    def hold_and_leave(self, window: int, key: str):
        """Presses a key that is still down when the window loses the keyboard."""
        nobody = 0
        self.run("xdotool", "windowfocus", "--sync", window, "keydown", key,
                 "windowfocus", nobody, "keyup", key)

    def picture(self, window: int) -> Image.Image:
        """What it shows, by xwd's format of 32 bits a pixel."""
        data = self.run("xwd", "-silent", "-id", window)
        header = struct.unpack(">25I", data[:100])
        begin, width, height, stride = header[0] + 12 * header[19], *header[4:6], header[12]
        assert header[11] == 32 and header[7] == 0  # bits a pixel, lowest byte first
        return Image.frombytes("RGB", (width, height), data[begin:], "raw", "BGRX", stride)

    def hang_up(self, window: int):
        """Ends the connection of the window's program, as all of them when the server ends."""
        self.run("xdotool", "windowkill", window)

    def ask_to_close(self, window: int):
        """As a window manager does when its button is clicked."""
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        x11.XInternAtom.restype = ctypes.c_ulong
        display = ctypes.c_void_p(x11.XOpenDisplay(self.env["DISPLAY"].encode()))
        atom = {name: x11.XInternAtom(display, name, 0)
                for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")}
        client_message = 33
        event = struct.pack("iLiPLLi4xLLLLL96x", client_message, 0, 0, 0, window,
                            atom[b"WM_PROTOCOLS"], 32, atom[b"WM_DELETE_WINDOW"], 0, 0, 0, 0)
        assert len(event) == 192  # an XEvent
        x11.XSendEvent(display, ctypes.c_ulong(window), 0, ctypes.c_long(0), event)
        x11.XCloseDisplay(display)
