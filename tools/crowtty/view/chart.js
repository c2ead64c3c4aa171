// SPDX-License-Identifier: MIT OR Apache-2.0
// The timeline: which part is shown, and what is where. A frame costs what is on the screen, not
// what is in the recording.

const NAMES_WIDTH = 170, RULER_HEIGHT = 24, BAR = 18, LANE = 14, GAP = 8;
const SMALL_FONT = "11px system-ui, 'DejaVu Sans', sans-serif";

const COLOURS = [
  "paper",      "panel",     "line",        "text",      "dim",        "mark",       "error",
  "warning",    "focus",     "run",         "run-text",  "ready-text", "ready",      "call",
  "reply",      "span",      "wait-text",   "wait-time", "wait-idle",  "wait-reply", "wait-turn",
  "wait-queue", "wait-lock", "wait-memory", "wait-other"
];

function roundStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= rough);
}

class Chart {
  constructor(canvas, overview, recording) {
    this.canvas = canvas;
    this.overview = new Overview(overview, this);
    this.recording = recording;
    this.from = 0;
    this.to = recording.total;
    this.scroll = 0;
    this.focusRow = 0;
    this.selected = null;  // { kind, ... }
    this.chain = new Set();
    this.marked = new Set();  // tracks of a finding
    this.hover = null;
    this.drawn = {arrows: [], states: 0, ms: 0, frames: 0};
    this.rows = this.order();
    this.readColours();
    this.resize();
  }

  // Tasks in the order of their appearance, those that carry the trace last.
  order() {
    const rank = (track) => track.kind === "interrupt" ? 0 :
        track.kind === "task"                          ? (track.carrier ? 2 : 1) :
                                                         3;
    const tracks = this.recording.tracks.slice().sort(
        (a, b) => rank(a) - rank(b) || a.id - b.id || a.index - b.index);
    this.rowOf = new Int32Array(this.recording.tracks.length);
    let y = 0;
    const rows = tracks.map((track, i) => {
      this.rowOf[track.index] = i;
      const row = {track, y, height: BAR + track.lanes.length * LANE + GAP};
      y += row.height;
      return row;
    });
    this.height = y;
    return rows;
  }

  // The track of the chosen row; undefined if there is none.
  get focused() {
    return this.rows[this.focusRow]?.track;
  }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    this.colour = {};
    for (const name of COLOURS) this.colour[name] = style.getPropertyValue(`--${name}`).trim();
    this.waitColours =
        this.recording.data.waits.map((_, i) => this.colour[`wait-${this.recording.waitClass(i)}`]);
  }

  resize() {
    this.ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * this.ratio));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * this.ratio));
    this.overview.resize(this.ratio);
    this.width = Math.max(this.canvas.clientWidth, NAMES_WIDTH + 10);
    this.viewHeight = this.canvas.clientHeight;
    this.clampScroll();
    this.request();
  }

  request() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      this.draw();
    });
  }

  // Geometry.
  get plotWidth() {
    return this.width - NAMES_WIDTH;
  }
  get scale() {
    return this.plotWidth / (this.to - this.from);
  }
  xOf(time) {
    return NAMES_WIDTH + (time - this.from) * this.scale;
  }
  timeOf(x) {
    return this.from + (x - NAMES_WIDTH) / this.scale;
  }
  yOf(row) {
    return RULER_HEIGHT + row.y - this.scroll;
  }
  rowAt(y) {
    const at = y - RULER_HEIGHT + this.scroll;
    return y < RULER_HEIGHT ? undefined :
                              this.rows.find((row) => at >= row.y && at < row.y + row.height);
  }

  // A length of time that can be shown: not less than a few nanoseconds, nor than what numbers of
  // this size can tell apart.
  clampLength(length) {
    const {total} = this.recording, least = Math.min(total, Math.max(20, total * 1e-12));
    return Math.min(Math.max(length, least), total * 1.1);
  }

  setView(from, to) {
    const {total} = this.recording, length = this.clampLength(to - from);
    const margin = total * 0.05 + length * 0.5, start = (from + to - length) / 2;
    this.from = Math.min(Math.max(start, -margin), total + margin - length);
    this.to = this.from + length;
    this.request();
    this.onView?.();
  }

  whole() {
    this.setView(-this.recording.total * 0.01, this.recording.total * 1.01);
  }

  // Around a place, which stays where it is.
  zoom(factor, x = NAMES_WIDTH + this.plotWidth / 2) {
    const time = this.timeOf(x), part = (x - NAMES_WIDTH) / this.plotWidth;
    const length = this.clampLength((this.to - this.from) / factor);
    this.setView(time - length * part, time + length * (1 - part));
  }

  pan(pixels) {
    const time = pixels / this.scale;
    this.setView(this.from + time, this.to + time);
  }
  clampScroll() {
    const most = Math.max(0, this.height + 12 - (this.viewHeight - RULER_HEIGHT));
    this.scroll = Math.min(Math.max(this.scroll, 0), most);
  }
  scrollBy(pixels) {
    this.scroll += pixels;
    this.clampScroll();
    this.request();
  }
  showRow(row) {
    const y = row.y - this.scroll, room = this.viewHeight - RULER_HEIGHT;
    if (y < 0)
      this.scrollBy(y);
    else if (y + row.height > room)
      this.scrollBy(y + row.height - room);
  }
  // Brings a stretch of time into view, with room around it, unless it is in view well enough.
  showTime(from, to) {
    const length = to - from, view = this.to - this.from;
    if (from >= this.from && to <= this.to && length > view / 50) return;
    const room =
        Math.max(length * 1.4, length === 0 ? Math.min(view, this.recording.total / 20) : 0);
    const middle = (from + to) / 2;
    this.setView(middle - room / 2, middle + room / 2);
  }

  // Drawing.
  draw() {
    const begin = performance.now();
    const c = this.canvas.getContext("2d", {alpha: false});
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    c.fillStyle = this.colour.paper;
    c.fillRect(0, 0, this.width, this.viewHeight);
    c.font = SMALL_FONT;
    c.textBaseline = "middle";
    this.drawn.arrows = [];
    this.drawn.states = 0;
    c.save();
    c.beginPath();
    c.rect(NAMES_WIDTH, RULER_HEIGHT, this.plotWidth, this.viewHeight - RULER_HEIGHT);
    c.clip();
    const visible = this.visibleRows();
    for (const row of visible) drawRow(this, c, row);
    drawMessages(this, c, visible);
    this.drawLosses(c);
    this.drawSelection(c);
    c.restore();
    this.drawNames(c, visible);
    this.drawRuler(c);
    this.overview.draw();
    this.drawn.ms = performance.now() - begin;
    this.drawn.frames++;
  }

  visibleRows() {
    return this.rows.filter(
        (row) => row.y + row.height > this.scroll &&
            row.y < this.scroll + this.viewHeight - RULER_HEIGHT);
  }

  drawLosses(c) {
    c.fillStyle = this.colour.error;
    let last = -100;
    for (const loss of this.recording.data.losses) {
      const x = this.xOf(loss.time - this.recording.data.first);
      if (x < NAMES_WIDTH || x > this.width || x < last + 3) continue;
      for (let y = RULER_HEIGHT; y < this.viewHeight; y += 8) c.fillRect(x - 1, y, 2, 4);
      last = x;
    }
    if (this.recording.data.damagedAt !== undefined) {
      const x = this.xOf(this.recording.total);
      c.fillRect(x, RULER_HEIGHT, 3, this.viewHeight);
    }
  }

  drawSelection(c) {
    const selected = this.selected;
    c.strokeStyle = this.colour.focus;
    c.lineWidth = 2;
    if (selected?.time !== undefined) {
      const x = this.xOf(selected.time);
      c.globalAlpha = 0.6;
      c.fillStyle = this.colour.focus;
      c.fillRect(x - 0.5, RULER_HEIGHT, 1, this.viewHeight);
      c.globalAlpha = 1;
    }
    if (selected?.kind === "state") {
      const row = this.rows[this.rowOf[selected.track]], {track} = row;
      const from = Math.max(this.xOf(track.start[selected.index]), NAMES_WIDTH + 1);
      const to = Math.min(this.xOf(this.recording.stateEnd(track, selected.index)), this.width - 1);
      if (to >= from) c.strokeRect(from, this.yOf(row) + 2, Math.max(to - from, 2), BAR);
    } else if (selected?.kind === "span") {
      const {start, length, track, lane} = this.recording.data.span, i = selected.span;
      const from = Math.max(this.xOf(start[i]), NAMES_WIDTH + 1);
      const to = Math.min(this.xOf(start[i] + length[i]), this.width - 1);
      const y = this.yOf(this.rows[this.rowOf[track[i]]]) + 3 + BAR + lane[i] * LANE;
      if (to >= from) c.strokeRect(from, y, Math.max(to - from, 2), LANE - 2);
    }
  }

  drawNames(c, visible) {
    c.fillStyle = this.colour.panel;
    c.fillRect(0, RULER_HEIGHT, NAMES_WIDTH, this.viewHeight);
    c.fillStyle = this.colour.line;
    c.fillRect(NAMES_WIDTH - 1, 0, 1, this.viewHeight);
    c.save();
    c.beginPath();
    c.rect(0, RULER_HEIGHT, NAMES_WIDTH - 4, this.viewHeight);
    c.clip();
    for (const row of visible) this.drawName(c, row);
    c.restore();
  }

  drawName(c, row) {
    const y = this.yOf(row), focused = row.track === this.focused;
    if (this.marked.has(row.track.index)) {
      c.fillStyle = this.colour.mark;
      c.fillRect(0, y, NAMES_WIDTH - 1, row.height);
    }
    if (focused) {
      c.fillStyle = this.colour.focus;
      c.fillRect(0, y, 3, row.height);
    }
    c.fillStyle = row.track.carrier ? this.colour.dim : this.colour.text;
    c.font = `${focused ? "600 " : ""}12px system-ui, 'DejaVu Sans', sans-serif`;
    c.fillText(row.track.label, 9, y + 3 + BAR / 2);
    c.fillStyle = this.colour.line;
    c.fillRect(0, y + row.height - 1, NAMES_WIDTH, 0.5);
  }

  drawRuler(c) {
    const {first} = this.recording.data;
    c.fillStyle = this.colour.panel;
    c.fillRect(0, 0, this.width, RULER_HEIGHT);
    c.fillStyle = this.colour.line;
    c.fillRect(0, RULER_HEIGHT - 1, this.width, 1);
    const step = roundStep(110 / this.scale);
    const digits = Math.max(0, Math.min(9, Math.ceil(-Math.log10(step / 1e9) - 1e-9)));
    c.font = SMALL_FONT;
    const start = Math.ceil((this.from + first) / step) * step - first;
    for (let time = start; time <= this.to; time += step) {
      const x = this.xOf(time);
      c.fillStyle = this.colour.line;
      c.fillRect(x, 14, 1, RULER_HEIGHT - 14);
      c.fillStyle = this.colour.dim;
      c.fillText(`${((time + first) / 1e9).toFixed(digits)} s`, x + 4, 11);
    }
    c.fillStyle = this.colour.panel;
    c.fillRect(0, 0, NAMES_WIDTH - 1, RULER_HEIGHT - 1);
    c.fillStyle = this.colour.dim;
    c.fillText(`${formatTime(this.to - this.from)} shown`, 9, 12);
  }

  // What is at a place: a message, span or state; or nothing.
  at(x, y) {
    const row = this.rowAt(y);
    if (x < NAMES_WIDTH) return row ? {kind: "task", track: row.track.index} : null;
    let best = null, least = 5;
    for (const leg of this.drawn.arrows) {
      const distance = distanceTo(x, y, leg);
      if (distance < least) {
        least = distance;
        best = {kind: "message", message: leg.message};
      }
    }
    if (best || !row) return best;
    const time = this.timeOf(x), lane = Math.floor((y - this.yOf(row) - 3 - BAR) / LANE);
    if (lane >= 0 && lane < row.track.lanes.length) {
      const {starts, ends, first} = row.track.lanes[lane];
      const i = lastNotAfter(starts, this.timeOf(x + 1));
      if (i >= 0 && this.xOf(ends[i]) >= x - 1) return {kind: "span", span: first + i};
    }
    const index = this.recording.stateAt(row.track, time);
    return index >= 0 && row.track.state[index] !== GONE && time <= this.recording.total ?
        {kind: "state", track: row.track.index, index} :
        null;
  }
}

function distanceTo(x, y, {x0, y0, x1, y1}) {
  const dx = x1 - x0, dy = y1 - y0, length = dx * dx + dy * dy;
  const part =
      length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length));
  return Math.hypot(x - x0 - part * dx, y - y0 - part * dy);
}
