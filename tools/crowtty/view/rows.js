// SPDX-License-Identifier: MIT OR Apache-2.0
// The rows of the timeline: states, spans, marks of the log. What is narrower than a pixel is
// summed up, by binary search in columns that are sorted.

const CROWDED = 1.5;  // pixels: narrower states are drawn as a profile of how busy it was
const LETTER_WIDTH = 5.6;
const LEAST_SHARE = 0.12;  // of the height: a poll is seen, however short

function stateColour(chart, track, i) {
  const state = track.state[i];
  if (state === RUNNING) return track.kind === "queue" ? chart.colour.warning : chart.colour.run;
  if (state === READY) return chart.colour.ready;
  return state >= WAIT ? chart.waitColours[state - WAIT] ?? chart.colour["wait-other"] : null;
}

function drawRow(chart, c, row) {
  const y = chart.yOf(row);
  if (chart.marked.has(row.track.index)) {
    c.fillStyle = chart.colour.mark;
    c.fillRect(NAMES_WIDTH, y, chart.plotWidth, row.height);
  }
  c.fillStyle = chart.colour.line;
  c.fillRect(NAMES_WIDTH, y + row.height - 1, chart.plotWidth, 0.5);
  drawStates(chart, c, row.track, y + 3);
  if (row.track.carrier && row.track.start.length === 0) {
    c.fillStyle = chart.colour.dim;
    c.fillText("carries this trace; what it does is left out", NAMES_WIDTH + 4, y + 3 + BAR / 2);
  }
  row.track.lanes.forEach((lane, i) => drawSpans(chart, c, lane, y + 3 + BAR + i * LANE));
  drawLogMarks(chart, c, row.track, y + 3 + BAR);
}

function drawStates(chart, c, track, y) {
  const {blocks, columns, labels} = layOutStates(chart, track), height = BAR - 2;
  for (const {from, to, colour} of blocks) {
    c.fillStyle = colour;
    c.fillRect(from, y, to - from, height);
  }
  c.beginPath();
  for (const {from, to, share} of columns) {
    const tall = height * share;
    c.rect(from, y + height - tall, to - from, tall);
  }
  c.fillStyle = track.kind === "queue" ? chart.colour.warning : chart.colour.run;
  c.fill();
  for (const {i, from, to} of labels) drawLabel(chart, c, track, i, from, to, y + BAR / 2 - 0.5);
  chart.drawn.states += blocks.length + columns.length;
}

// The part of a track that is shown: a block for each state that is wide enough, and a column of a
// pixel for those that are not.
function layOutStates(chart, track) {
  const {start} = track, shown = {blocks: [], columns: [], labels: []};
  let i = Math.max(0, lastNotAfter(start, chart.from));
  let x = start.length ? Math.max(NAMES_WIDTH, chart.xOf(start[i])) : chart.width;
  while (x < chart.width && i < start.length) {
    const end = chart.xOf(chart.recording.stateEnd(track, i));
    if (end - x >= CROWDED || i + 1 === start.length) {
      addState(chart, shown, track, i, x, Math.min(end, chart.width));
      x = end;
      i++;
    } else {
      i = addColumn(chart, shown, track, i, x);
      x = Math.floor(x) + 1;
      if (i + 1 < start.length && chart.xOf(start[i + 1]) <= x) i++;
    }
  }
  return shown;
}

function addState(chart, shown, track, i, from, to) {
  addBlock(shown, stateColour(chart, track, i), from, to);
  if (to - from > 34 && track.state[i] !== GONE) shown.labels.push({i, from, to});
}

function addBlock({blocks}, colour, from, to) {
  const last = blocks.at(-1);
  if (last?.colour === colour && last.to === from)
    last.to = to;
  else if (colour && to > from)
    blocks.push({from, to, colour});
}

// Adds the states from `i` on up to the next pixel; returns the last of them.
function addColumn(chart, shown, track, i, from) {
  const {recording} = chart, to = Math.floor(from) + 1;
  const begin = chart.timeOf(from), end = chart.timeOf(to);
  const j = lastNotAfterFrom(track.start, end, i);
  addBlock(shown, restColour(chart, track, i, j), from, to);
  if (track.runs[j + 1] > track.runs[i]) {
    const busy = recording.busyBefore(track, end, j) - recording.busyBefore(track, begin, i);
    const share = Math.min(Math.max(busy / (end - begin), LEAST_SHARE), 1);
    shown.columns.push({from, to, share});
  }
  return j;
}

// Of several states within a pixel the longest that is neither running nor gone; of many, the
// longest of the last ones.
function restColour(chart, track, i, j) {
  let longest = -1, length = 0;
  for (let k = Math.max(i, j - 12); k <= j; k++) {
    const one = chart.recording.stateEnd(track, k) - track.start[k];
    if (one <= length || track.state[k] === RUNNING || track.state[k] === GONE) continue;
    longest = k;
    length = one;
  }
  return longest < 0 ? null : stateColour(chart, track, longest);
}

function drawLabel(chart, c, track, i, from, to, y) {
  const names = {[RUNNING]: "run-text", [READY]: "ready-text"};
  c.fillStyle = chart.colour[names[track.state[i]] ?? "wait-text"];
  const text = chart.recording.stateText(track, i).replace(/^waits for /, "");
  drawClipped(c, text, from + 4, y, to - from - 8);
}

// As much of a text as there is room for, by the width of an average letter.
function drawClipped(c, text, x, y, width) {
  const most = Math.floor(width / LETTER_WIDTH);
  if (most < 3) return;
  c.fillText(text.length > most ? `${text.slice(0, most - 1)}…` : text, x, y);
}

function drawSpans(chart, c, lane, y) {
  const {starts, ends, first} = lane, labels = [];
  let i = Math.max(0, lastNotAfter(starts, chart.from));
  c.beginPath();
  while (i < starts.length && starts[i] <= chart.to) {
    const from = Math.max(chart.xOf(starts[i]), NAMES_WIDTH);
    const to = Math.max(Math.min(chart.xOf(ends[i]), chart.width + 2), from + 1);
    if (chart.xOf(ends[i]) >= NAMES_WIDTH) {
      c.rect(from, y, to - from - (to - from > 3 ? 1 : 0), LANE - 2);
      chart.drawn.states++;
      if (to - from > 26) labels.push({span: first + i, from, to});
    }
    i = Math.max(i + 1, lowerBound(starts, chart.timeOf(to), i + 1));
  }
  c.fillStyle = chart.colour.span;
  c.fill();
  c.fillStyle = chart.colour.text;
  for (const {span, from, to} of labels)
    drawClipped(c, chart.recording.spanText(span), from + 3, y + LANE / 2 - 1, to - from - 5);
}

// A mark for each record of the log; those that are loud are never hidden by the others.
function drawLogMarks(chart, c, track, y) {
  const {logOf, loudOf} = chart.recording;
  for (const records of [logOf.of(track.index + 1), loudOf.of(track.index + 1)])
    drawMarks(chart, c, records, y);
}

function drawMarks(chart, c, records, y) {
  const {time, level} = chart.recording.data.log, {colour} = chart;
  const firstAt = (from, at) => lowerBoundBy(records.length, (i) => time[records[i]] < from, at);
  for (let at = firstAt(chart.from, 0); at < records.length;) {
    const i = records[at], x = chart.xOf(time[i]);
    if (time[i] > chart.to) return;
    c.fillStyle = level[i] >= 4 ? colour.error : level[i] === 3 ? colour.warning : colour.dim;
    c.beginPath();
    c.moveTo(x, y - 5);
    c.lineTo(x - 3, y + 1);
    c.lineTo(x + 3, y + 1);
    c.fill();
    at = firstAt(chart.timeOf(x + 2), at + 1);
  }
}
