// SPDX-License-Identifier: MIT OR Apache-2.0
// Draws the timeline. What is narrower than a pixel is summed up, by binary search in columns that
// are sorted, so that a frame costs what is on the screen and not what is in the recording.

const NAMES_WIDTH = 170, RULER_HEIGHT = 24, BAR = 18, LANE = 14, GAP = 8;
const CROWDED = 1.5;   // pixels: narrower states are drawn as a profile of how busy it was
const ARROW_STEP = 5;  // pixels: at most one message of a caller in each

const COLOURS = [
  "paper",      "panel",     "line",       "text",      "dim",         "mark",
  "error",      "warning",   "focus",      "run",       "run-text",    "ready",
  "call",       "reply",     "span",       "wait-text", "wait-time",   "wait-idle",
  "wait-reply", "wait-turn", "wait-queue", "wait-lock", "wait-memory", "wait-other"
];

function roundStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= rough);
}

class Chart {
  constructor(canvas, overview, recording) {
    this.canvas = canvas;
    this.overview = overview;
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
    for (const canvas of [this.canvas, this.overview]) {
      canvas.width = Math.max(1, Math.round(canvas.clientWidth * this.ratio));
      canvas.height = Math.max(1, Math.round(canvas.clientHeight * this.ratio));
    }
    this.width = Math.max(this.canvas.clientWidth, NAMES_WIDTH + 10);
    this.viewHeight = this.canvas.clientHeight;
    this.overviewImage = null;
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

  setView(from, to) {
    const total = this.recording.total, least = Math.min(total, 20);
    let length = Math.min(Math.max(to - from, least), total * 1.1);
    const middle = (from + to) / 2;
    from = middle - length / 2;
    const margin = total * 0.05 + length * 0.5;
    from = Math.min(Math.max(from, -margin), total + margin - length);
    this.from = from;
    this.to = from + length;
    this.request();
    this.onView?.();
  }
  whole() {
    this.setView(-this.recording.total * 0.01, this.recording.total * 1.01);
  }
  zoom(factor, x = NAMES_WIDTH + this.plotWidth / 2) {
    const time = this.timeOf(x), total = this.recording.total;
    const length =
        Math.min(Math.max((this.to - this.from) / factor, Math.min(total, 20)), total * 1.1);
    const part = (x - NAMES_WIDTH) / this.plotWidth;
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
    c.font = "11px system-ui, 'DejaVu Sans', sans-serif";
    c.textBaseline = "middle";
    this.drawn.arrows = [];
    this.drawn.states = 0;
    c.save();
    c.beginPath();
    c.rect(NAMES_WIDTH, RULER_HEIGHT, this.plotWidth, this.viewHeight - RULER_HEIGHT);
    c.clip();
    const visible = this.visibleRows();
    for (const row of visible) this.drawRow(c, row);
    this.drawMessages(c, visible);
    this.drawLosses(c);
    this.drawSelection(c);
    c.restore();
    this.drawNames(c, visible);
    this.drawRuler(c);
    this.drawOverview();
    this.drawn.ms = performance.now() - begin;
    this.drawn.frames++;
  }

  visibleRows() {
    return this.rows.filter(
        (row) => row.y + row.height > this.scroll &&
            row.y < this.scroll + this.viewHeight - RULER_HEIGHT);
  }

  stateColour(track, i) {
    const state = track.state[i];
    if (state === RUNNING) return track.kind === "queue" ? this.colour.warning : this.colour.run;
    if (state === READY) return this.colour.ready;
    return state >= WAIT ? this.waitColours[state - WAIT] ?? this.colour["wait-other"] : null;
  }

  drawRow(c, row) {
    const y = this.yOf(row);
    if (this.marked.has(row.track.index)) {
      c.fillStyle = this.colour.mark;
      c.fillRect(NAMES_WIDTH, y, this.plotWidth, row.height);
    }
    c.fillStyle = this.colour.line;
    c.fillRect(NAMES_WIDTH, y + row.height - 1, this.plotWidth, 0.5);
    this.drawStates(c, row.track, y + 3);
    row.track.lanes.forEach((lane, i) => this.drawSpans(c, lane, y + 3 + BAR + i * LANE));
    this.drawLogMarks(c, row.track, y + 3 + BAR);
  }

  drawStates(c, track, y) {
    const {start, state} = track, right = this.width;
    const height = BAR - 2;
    let i = lastNotAfter(start, this.from);
    let x = NAMES_WIDTH;
    const profile = [];  // x, share of time it ran
    const labels = [];
    let fill = null, fillFrom = 0;
    const flush = (to) => {
      if (fill && to > fillFrom) {
        c.fillStyle = fill;
        c.fillRect(fillFrom, y, to - fillFrom, height);
        this.drawn.states++;
      }
    };
    if (i < 0) {
      if (start.length === 0 || start[0] > this.to) return;
      i = 0;
      x = Math.max(x, this.xOf(start[0]));
    }
    while (x < right && i < start.length) {
      const end = i + 1 < start.length ? this.xOf(start[i + 1]) :
                                         Math.min(right, this.xOf(this.recording.total));
      const wide = end - x >= CROWDED;
      if (wide || i + 1 >= start.length) {
        flush(x);
        fill = this.stateColour(track, i);
        fillFrom = x;
        const to = Math.min(end, right);
        flush(to);
        fill = null;
        if (to - x > 34 && state[i] !== GONE) labels.push(i, Math.max(x, NAMES_WIDTH), to);
        x = end;
        i++;
        continue;
      }
      const nextX = Math.floor(x) + 1, time = this.timeOf(nextX), before = this.timeOf(x);
      const j = lastNotAfterFrom(start, time, i);
      const busy =
          this.recording.busyBefore(track, time, j) - this.recording.busyBefore(track, before, i);
      const share =
          track.runs[j + 1] - track.runs[i] > 0 ? Math.max(busy / (time - before), 0.12) : 0;
      const colour = this.restColour(track, i, j);
      if (colour !== fill) {
        flush(x);
        fill = colour;
        fillFrom = x;
      }
      if (share > 0) profile.push(x, nextX, Math.min(share, 1));
      x = nextX;
      i = j;
      if (i + 1 < start.length && this.xOf(start[i + 1]) <= x) i++;
    }
    flush(Math.min(x, right));
    this.drawProfile(c, track, profile, y, height);
    this.drawLabels(c, track, labels, y);
  }

  // Of several states within a pixel the longest that is neither running nor gone; of many, the
  // longest of the last ones.
  restColour(track, i, j) {
    let longest = -1, length = 0;
    for (let k = Math.max(i, j - 12); k <= j; k++) {
      const one = this.recording.stateEnd(track, k) - track.start[k];
      if (one <= length || track.state[k] === RUNNING || track.state[k] === GONE) continue;
      longest = k;
      length = one;
    }
    return longest < 0 ? null : this.stateColour(track, longest);
  }

  drawProfile(c, track, profile, y, height) {
    if (profile.length === 0) return;
    c.beginPath();
    for (let i = 0; i < profile.length; i += 3) {
      const tall = height * profile[i + 2];
      c.rect(profile[i], y + height - tall, profile[i + 1] - profile[i], tall);
    }
    c.fillStyle = track.kind === "queue" ? this.colour.warning : this.colour.run;
    c.fill();
    this.drawn.states += profile.length / 3;
  }

  drawLabels(c, track, labels, y) {
    for (let n = 0; n < labels.length; n += 3) {
      const [i, from, to] = labels.slice(n, n + 3);
      const text = this.recording.stateText(track, i).replace(/^waits for /, "");
      c.fillStyle = track.state[i] === RUNNING || track.state[i] === READY ?
          (track.state[i] === RUNNING ? this.colour["run-text"] : "#1c1600") :
          this.colour["wait-text"];
      this.clippedText(c, text, from + 4, y + BAR / 2 - 0.5, to - from - 8);
    }
  }

  clippedText(c, text, x, y, width) {
    const most = Math.floor(width / 5.6);
    if (most < 3) return;
    c.fillText(text.length > most ? `${text.slice(0, most - 1)}…` : text, x, y);
  }

  drawSpans(c, lane, y) {
    const {starts, ends} = lane;
    let i = Math.max(0, lastNotAfter(starts, this.from));
    const labels = [];
    c.beginPath();
    while (i < starts.length && starts[i] <= this.to) {
      const from = Math.max(this.xOf(starts[i]), NAMES_WIDTH - 2);
      const to = Math.max(Math.min(this.xOf(ends[i]), this.width + 2), from + 1);
      if (to >= NAMES_WIDTH) {
        c.rect(from, y, to - from - (to - from > 3 ? 1 : 0), LANE - 2);
        this.drawn.states++;
        if (to - from > 26) labels.push([lane.first + i, Math.max(from, NAMES_WIDTH), to]);
      }
      i = Math.max(i + 1, lowerBound(starts, this.timeOf(to), i + 1));
    }
    c.fillStyle = this.colour.span;
    c.fill();
    c.fillStyle = this.colour.text;
    for (const [span, from, to] of labels)
      this.clippedText(
          c, this.recording.texts[this.recording.data.span.text[span]], from + 3, y + LANE / 2 - 1,
          to - from - 5);
  }

  drawLogMarks(c, track, y) {
    const {time, level} = this.recording.data.log;
    const records = this.recording.logOf.of(track.index + 1);
    let at = 0, end = records.length;
    while (at < end) {
      const middle = (at + end) >>> 1;
      if (time[records[middle]] < this.from)
        at = middle + 1;
      else
        end = middle;
    }
    let last = -10;
    for (let budget = 2000; at < records.length && time[records[at]] <= this.to && budget > 0;
         at++, budget--) {
      const i = records[at], x = this.xOf(time[i]);
      if (x < last + 2 && level[i] < 3) continue;
      last = x;
      c.fillStyle = level[i] >= 4 ? this.colour.error :
          level[i] === 3          ? this.colour.warning :
                                    this.colour.dim;
      c.beginPath();
      c.moveTo(x, y - 5);
      c.lineTo(x - 3, y + 1);
      c.lineTo(x + 3, y + 1);
      c.fill();
    }
  }

  // The legs of a message: from its call to its server, and from the reply back.
  legs(i) {
    const {call, serve, reply, back, from} = this.recording.message;
    const a = from[i] ? this.rows[this.rowOf[from[i] - 1]] : null;
    const server = this.recording.serverTrack(i);
    const b = server ? this.rows[this.rowOf[server - 1]] : null;
    if (!a || !b) return [];
    const ya = this.yOf(a) + 3, yb = this.yOf(b) + 3, down = yb > ya;
    const leaveA = down ? ya + BAR - 2 : ya, reachB = down ? yb : yb + BAR - 2;
    const legs = [];
    const served = Number.isNaN(serve[i]) ? this.recording.messageEnd(i) : serve[i];
    legs.push({
      message: i,
      kind: "call",
      open: Number.isNaN(serve[i]),
      x0: this.xOf(call[i]),
      y0: leaveA,
      x1: this.xOf(served),
      y1: Number.isNaN(serve[i]) ? leaveA + (reachB - leaveA) * 0.5 : reachB
    });
    if (!Number.isNaN(reply[i]))
      legs.push({
        message: i,
        kind: "reply",
        open: Number.isNaN(back[i]),
        x0: this.xOf(reply[i]),
        y0: reachB,
        x1: this.xOf(Number.isNaN(back[i]) ? reply[i] : back[i]),
        y1: leaveA
      });
    return legs;
  }

  drawMessages(c, visible) {
    const step = ARROW_STEP / this.scale;
    const seen = new Set();
    for (const row of visible) {  // those that a visible row made, and those that one serves
      for (const list
               of [this.recording.callsOf.of(row.track.index + 1),
                   this.recording.servedBy.of(row.track.index + 1)])
        for (const i of this.recording.messagesBetween(list, this.from, this.to, step)) seen.add(i);
    }
    const legs = [];
    for (const i of seen)
      if (!this.chain.has(i)) legs.push(...this.legs(i));
    const many = legs.length > 600, alpha = many ? 0.15 : this.chain.size > 0 ? 0.35 : 0.9;
    for (const kind of many ? ["call"] : ["call", "reply"])
      this.strokeLegs(c, legs.filter((leg) => leg.kind === kind), kind, alpha, 1, !many);
    const chosen = [...this.chain].flatMap((i) => this.legs(i));
    for (const kind of ["call", "reply"])
      this.strokeLegs(c, chosen.filter((leg) => leg.kind === kind), kind, 1, 2.5, true);
    this.drawn.arrows = legs.concat(chosen);
  }

  strokeLegs(c, legs, kind, alpha, width, heads) {
    if (legs.length === 0) return;
    c.save();
    c.globalAlpha = alpha;
    c.strokeStyle = c.fillStyle = this.colour[kind];
    c.lineWidth = width;
    c.setLineDash(kind === "reply" ? [4, 3] : []);
    c.beginPath();
    for (const leg of legs) {
      c.moveTo(leg.x0, leg.y0);
      c.lineTo(leg.x1, leg.y1);
    }
    c.stroke();
    if (heads) {
      c.beginPath();
      for (const leg of legs) this.head(c, leg, width > 1 ? 7 : 5);
      c.fill();
    }
    c.restore();
  }

  head(c, {x0, y0, x1, y1, open}, size) {
    if (open) {
      c.rect(x1 - 2, y1 - 2, 4, 4);
      return;
    }
    const angle = Math.atan2(y1 - y0, x1 - x0);
    c.moveTo(x1, y1);
    for (const turn of [2.75, -2.75])
      c.lineTo(x1 + size * Math.cos(angle + turn), y1 + size * Math.sin(angle + turn));
    c.closePath();
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
    for (const row of visible) {
      const y = this.yOf(row), focused = row === this.rows[this.focusRow];
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
    c.restore();
  }

  drawRuler(c) {
    const {first} = this.recording.data;
    c.fillStyle = this.colour.panel;
    c.fillRect(0, 0, this.width, RULER_HEIGHT);
    c.fillStyle = this.colour.line;
    c.fillRect(0, RULER_HEIGHT - 1, this.width, 1);
    const step = roundStep(110 / this.scale);
    const digits = Math.max(0, Math.min(9, Math.ceil(-Math.log10(step / 1e9) - 1e-9)));
    c.font = "11px system-ui, 'DejaVu Sans', sans-serif";
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

  // How busy the whole recording was, and which part of it is shown.
  drawOverview() {
    const c = this.overview.getContext("2d", {alpha: false});
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    const height = this.overview.clientHeight;
    this.overviewImage ??= this.busyProfile(Math.floor(this.plotWidth));
    c.fillStyle = this.colour.panel;
    c.fillRect(0, 0, this.width, height);
    c.fillStyle = this.colour.run;
    c.beginPath();
    this.overviewImage.forEach((share, i) => {
      if (share > 0)
        c.rect(NAMES_WIDTH + i, height - 2 - share * (height - 6), 1, share * (height - 6));
    });
    c.fill();
    const scale = this.plotWidth / this.recording.total;
    c.fillStyle = this.colour.error;
    for (const loss of this.recording.data.losses.slice(0, 2000))
      c.fillRect(NAMES_WIDTH + (loss.time - this.recording.data.first) * scale, 0, 1, height);
    const from = NAMES_WIDTH + Math.max(0, this.from) * scale;
    const to = NAMES_WIDTH + Math.min(this.recording.total, this.to) * scale;
    c.globalAlpha = 0.5;
    c.fillStyle = this.colour.paper;
    c.fillRect(NAMES_WIDTH, 0, from - NAMES_WIDTH, height);
    c.fillRect(to, 0, this.width - to, height);
    c.globalAlpha = 1;
    c.strokeStyle = this.colour.focus;
    c.lineWidth = 1.5;
    c.strokeRect(from, 1, Math.max(to - from, 2), height - 2);
    c.fillStyle = this.colour.dim;
    c.font = "11px system-ui, 'DejaVu Sans', sans-serif";
    c.textBaseline = "middle";
    c.fillText("busy, all of it", 9, height / 2);
  }

  busyProfile(columns) {
    const profile = new Float64Array(columns), step = this.recording.total / columns;
    for (const track of this.recording.tracks) {
      if (track.kind !== "task" || track.start.length === 0) continue;
      let before = 0, at = 0;
      for (let i = 0; i < columns; i++) {
        const time = (i + 1) * step;
        if (time < track.start[0]) continue;
        at = lastNotAfterFrom(track.start, time, at);
        const busy = this.recording.busyBefore(track, time, at);
        profile[i] += (busy - before) / step;
        before = busy;
      }
    }
    return profile.map((share) => share > 0 ? Math.min(Math.max(share, 0.05), 1) : 0);
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
