# SPDX-License-Identifier: MIT OR Apache-2.0
"""A recording of a million events: a page made by crowtty and opened in a browser, and files for
other tools."""

import pathlib
import statistics
import sys
import tempfile
import time

from measure import Failed, Skipped, output_of
from table import Figure

EVENTS = 1_000_000
FRAMES = 60

# Moves the timeline by 20 pixels in each of some frames; the time that each took to draw.
PAN = """
const [frames, done] = arguments, {chart} = view, took = [];
const step = () => {
  if (took.length === frames) return done(took);
  chart.pan(20 * (took.length % 2 ? -1 : 1));
  requestAnimationFrame(() => requestAnimationFrame(() => {
    took.push(chart.drawn.ms);
    step();
  }));
};
step();
"""


def open_browser(setting):
    sys.path.insert(0, str(setting.root / "tests" / "system"))
    try:
        import browser
    except ImportError as why:
        raise Skipped(f"no {why.name}") from why
    if browser.missing():
        raise Skipped(f"no {browser.missing()}")
    return browser.Browser()


def record_crowd(setting, scratch):
    recording = pathlib.Path(scratch, "million.crow")
    output_of(setting.program("bench", "trace_story"), "crowd", recording, EVENTS)
    return recording


def seconds_of(setting, *arguments):
    """The least of a few runs of a trace command."""
    crowtty = setting.program("tools", "crowtty", "crowtty")
    times = []
    for number in range(2 if setting.quick else 5):
        begin = time.monotonic()
        output_of(crowtty, "trace", *(str(one).format(number) for one in arguments))
        times.append(time.monotonic() - begin)
    return min(times)


def seconds_to_open(window, page):
    """From the address to the timeline on the screen, the least of a few."""
    times = []
    for _ in range(3):
        window.driver.get(page.as_uri())
        times.append(window.wait("window.view && view.paintedMs") / 1000)
    return min(times)


def ms_to_pan(window):
    """A frame while the timeline moves, at the zoom at which frames take longest."""
    slowest = 0.0
    for share in (1, 0.1, 0.01, 1e-4):
        window.do("view.chart.setView(0, view.recording.total * arguments[0])", share)
        frames = window.driver.execute_async_script(PAN, FRAMES)
        slowest = max(slowest, statistics.median(frames))
    return slowest


def trace_view(setting, row):
    with tempfile.TemporaryDirectory() as scratch:
        recording = record_crowd(setting, scratch)
        made = seconds_of(setting, "view", recording)
        page = recording.with_name("million.crow.html")
        window = open_browser(setting)
        try:
            opened = seconds_to_open(window, page)
            if window.do("return view.recording.data.events") < EVENTS:
                raise Failed("the page does not have all events")
            frame = ms_to_pan(window)
        finally:
            window.close()
        row.figures = [
            Figure(made + opened, "s in all", 5),
            Figure(opened, "s to open", 2),
            Figure(frame, "ms a frame", 16.7),
        ]
        row.notes.append(f"a page of {page.stat().st_size / 1e6:.1f} MB, made in {made:.2f} s")


def trace_export(setting, row):
    with tempfile.TemporaryDirectory() as scratch:
        recording = record_crowd(setting, scratch)
        for name in "perfetto", "ctf":
            seconds = seconds_of(setting, "export", "--format", name, recording,
                                 pathlib.Path(scratch, name + "{}"))
            row.figures.append(Figure(seconds, f"s, {name}", 5))


def benches():
    yield "trace_export", "a recording of 1,000,000 events: for Perfetto and for babeltrace2", \
        trace_export
    yield "trace_view", "a recording of 1,000,000 events: made a page and opened", trace_view
