// SPDX-License-Identifier: MIT OR Apache-2.0
// Questions about a recording. Nothing here knows of the page; times are ns since its first event.

const GONE = 0, RUNNING = 1, READY = 2, WAIT = 3;
const TASK_LEVELS = ["TRCE", "DBUG", "INFO", "WARN", "ERR"];

// The first place whose value is not less; `from` may be a good guess from before.
function lowerBound(values, value, from = 0, to = values.length) {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (values[middle] < value)
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}

// The same where the first ones, up to some place, are said to be less.
function lowerBoundBy(count, isLess, from = 0) {
  let to = count;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isLess(middle))
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}

// The last place whose value is not more, or -1.
function lastNotAfter(values, value) {
  let from = 0, to = values.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (values[middle] <= value)
      from = middle + 1;
    else
      to = middle;
  }
  return from - 1;
}

// The same, close behind `from`: in steps that double.
function lastNotAfterFrom(values, value, from) {
  let step = 1;
  if (from < 0) from = 0;
  while (from + step < values.length && values[from + step] <= value) {
    from += step;
    step *= 2;
  }
  let to = Math.min(from + step, values.length);
  while (from + 1 < to) {
    const middle = (from + to) >>> 1;
    if (values[middle] <= value)
      from = middle;
    else
      to = middle;
  }
  return from;
}

function formatTime(ns) {
  const sign = ns < 0 ? "-" : "";
  const size = Math.abs(ns);
  if (size < 1000) return `${sign}${Math.round(size)} ns`;
  const [scale, unit] = size < 999.95e3 ? [1e3, "µs"] : size < 999.95e6 ? [1e6, "ms"] : [1e9, "s"];
  const value = size / scale;
  return `${sign}${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
}

// Of a hop: a part that is not over lasts to the end of the recording.
function formatPart({time, open, none}) {
  return none ? "–" : formatTime(time) + (open ? " …" : "");
}

// Places of equal values, grouped: those of value v are order[starts[v]] .. order[starts[v + 1] -
// 1], in their own order.
function group(values, count) {
  const starts = new Uint32Array(count + 2);
  for (const value of values) starts[value + 1]++;
  for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
  const next = starts.slice(), order = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) order[next[values[i]]++] = i;
  return {of: (value) => order.subarray(starts[value], starts[value + 1])};
}

class Recording {
  constructor(data) {
    this.data = data;
    this.texts = data.texts;
    this.total = data.total;
    this.message = data.message;
    this.serviceNames = new Map(data.services.map(([id, name]) => [id, this.texts[name]]));
    this.tracks = data.tracks.map((track, index) => this.makeTrack(track, index));
    this.trackOfTask = new Map();
    for (const track of this.tracks)
      if (track.kind === "task") this.trackOfTask.set(track.id, track);
    this.makeMessages();
    this.makeSpans();
    this.logOf = group(data.log.track, this.tracks.length + 1);
    const loud = data.log.level.map((level, i) => level >= 3 ? data.log.track[i] : 0);
    this.loudOf = group(loud, this.tracks.length + 1);
  }

  makeTrack(track, index) {
    const {start, state} = track;
    const busy = new Float64Array(start.length + 1);  // ns of running before each state
    const runs = new Uint32Array(start.length + 1);
    let longest = 0;
    for (let i = 0; i < start.length; i++) {
      const length = (i + 1 < start.length ? start[i + 1] : this.total) - start[i];
      const running = state[i] === RUNNING;
      busy[i + 1] = busy[i] + (running ? length : 0);
      runs[i + 1] = runs[i] + (running ? 1 : 0);
      if (running && length > longest) longest = length;
    }
    const name = track.name === undefined ? (track.kind === "interrupt" ? "interrupt" : "?") :
                                            this.texts[track.name];
    const label = track.kind === "queue" ? `full: ${name}` :
        track.kind === "interrupt" ? `interrupt ${track.id}` :
        track.id === 0 ? "(no task)" :
                         `${name} #${track.id}`;
    return {...track, index, busy, runs, longest, label, plainName: name, lanes: []};
  }

  stateEnd(track, i) {
    return i + 1 < track.start.length ? track.start[i + 1] : this.total;
  }

  stateAt(track, time) {
    return lastNotAfter(track.start, time);
  }

  // ns of running before a time.
  busyBefore(track, time, i = this.stateAt(track, time)) {
    if (i < 0) return 0;
    return track.busy[i] +
        (track.state[i] === RUNNING ? Math.min(time, this.stateEnd(track, i)) - track.start[i] : 0);
  }

  taskLabel(id) {
    const track = this.trackOfTask.get(id);
    return track ? track.label : `task #${id}`;
  }

  service(id) {
    return this.serviceNames.get(id) ?? `service ${id}`;
  }

  // What a track is doing, in words.
  stateText(track, i) {
    if (i < 0) return track.carrier ? "carries this trace" : "not there yet";
    const state = track.state[i];
    if (track.kind === "queue") return state === RUNNING ? "full" : "has room";
    if (track.kind === "interrupt") return state === RUNNING ? "in its handler" : "";
    if (state === GONE) return i === 0 ? "not there yet" : "has ended, or nothing is known";
    if (state === RUNNING) return "running";
    if (state === READY) return "ready, waits for its turn to run";
    return `waits for ${this.waitText(state - WAIT)}`;
  }

  waitText(number) {
    const waits = this.data.waits[number] ?? [];
    return waits.map((wait) => this.oneWaitText(wait)).join(", or ") || "nothing";
  }

  oneWaitText({what, service, serviceId, on, holder}) {
    const text = what === undefined ? "something" : this.texts[what];
    const task = holder ? this.taskLabel(holder) : "";
    if (text === "the end of task") return `${text} ${task}`;
    const name = service !== undefined ? this.texts[service] :
        serviceId                      ? this.service(serviceId) :
        on && text !== "time"          ? on :
                                         "";
    return `${text}${name && " "}${name}${task && ", held by "}${task}`;
  }

  waitClass(number) {
    const wait = (this.data.waits[number] ?? [])[0];
    return waitClass(wait?.what === undefined ? "" : this.texts[wait.what]);
  }

  makeMessages() {
    const m = this.message;
    this.messageCount = m.call.length;
    const absolute = (from, steps) => steps.map((step, i) => step === 0 ? NaN : from(i) + step - 1);
    const serve = absolute((i) => m.call[i], m.serve);
    const reply = absolute((i) => Number.isNaN(serve[i]) ? m.call[i] : serve[i], m.reply);
    const back = absolute(
        (i) => Number.isNaN(reply[i]) ? Number.isNaN(serve[i]) ? m.call[i] : serve[i] : reply[i],
        m.back);
    Object.assign(m, {serve, reply, back});
    this.children = group(m.cause, this.messageCount + 1);
    this.callsOf = group(m.from, this.tracks.length + 1);
    this.servedBy = group(m.to, this.tracks.length + 1);
    this.serverOf = new Map();  // service id to track
    this.requests = new Map();  // request id to messages
    for (let i = 0; i < this.messageCount; i++) {
      if (m.to[i]) this.serverOf.set(m.service[i], m.to[i] - 1);
      const same = this.requests.get(m.id[i]);
      if (same)
        same.push(i);
      else
        this.requests.set(m.id[i], [i]);
    }
  }

  // When nothing more is known of a message.
  messageEnd(i) {
    const {call, serve, reply, back, flags} = this.message;
    if (flags[i] & 2) return back[i];
    if (!Number.isNaN(back[i])) return back[i];
    return Number.isNaN(reply[i]) ? this.total : Math.max(reply[i], serve[i] || 0, call[i]);
  }

  // From the message that began it all to this one.
  chain(i) {
    const {cause} = this.message, chain = [i];
    for (let at = i; cause[at] !== 0 && cause[at] - 1 < at; chain.push(at)) at = cause[at] - 1;
    return chain.reverse();
  }

  caused(i) {
    return [...this.children.of(i + 1)];
  }

  // The times of a hop: queued before it was served, in service, from the reply to the caller's
  // next poll. One that has not ended lasts to the end and is open.
  hop(i) {
    const {call, serve, reply, back, flags} = this.message;
    const end = flags[i] & 2 ? back[i] : this.total;
    const part = (from, to) => Number.isNaN(from) ?
        {time: 0, open: false, none: true} :
        {time: (Number.isNaN(to) ? end : to) - from, open: Number.isNaN(to)};
    return {
      queued: part(call[i], serve[i]),
      service: part(serve[i], reply[i]),
      back: flags[i] & 2 ? {time: 0, open: false, none: true} : part(reply[i], back[i])
    };
  }

  trackLabel(number) {
    return number ? this.tracks[number - 1].label : "somebody unknown";
  }

  // Who serves a message, or is known to serve others of that service: track + 1, or 0.
  serverTrack(i) {
    const {to, service} = this.message;
    return to[i] || (this.serverOf.get(service[i]) ?? -1) + 1;
  }

  messageText(i) {
    const m = this.message;
    return `request ${m.id[i]}: ${this.trackLabel(m.from[i])} → ${this.service(m.service[i])}`;
  }

  messageOutcome(i) {
    const {serve, reply, flags, result} = this.message;
    if (flags[i] & 2) return "taken back by the caller while it was served";
    if (Number.isNaN(serve[i])) return "not served yet";
    if (Number.isNaN(reply[i])) return "in service, not answered";
    const word = this.data.results?.[result[i]];
    return result[i] === 0 ? "answered" : `answered with an error: ${word ?? result[i]}`;
  }

  makeSpans() {
    const {start, length, track, lane} = this.data.span;
    for (let i = 0; i < start.length; i++) start[i] -= this.data.first;
    for (let from = 0, i = 1; i <= start.length; i++) {
      if (i < start.length && track[i] === track[from] && lane[i] === lane[from]) continue;
      const starts = start.slice(from, i);
      const ends = starts.map((time, k) => time + length[from + k]);
      const owner = this.tracks[track[from]];
      while (owner.lanes.length < lane[from]) owner.lanes.push({first: 0, starts: [], ends: []});
      owner.lanes[lane[from]] = {first: from, starts, ends};
      from = i;
    }
  }

  spanText(i) {
    return this.texts[this.data.span.text[i]];
  }

  // Everything that has the words in it: at most `most` of each kind.
  search(query, most = 100) {
    const wanted = query.trim().toLowerCase();
    if (!wanted) return [];
    const hits = [];
    const request = /^(?:request\s*)?#?(\d+)$/.exec(wanted);
    for (const track of this.tracks)
      if (track.label.toLowerCase().includes(wanted)) hits.push({kind: "task", track: track.index});
    for (const [id, name] of this.serviceNames)
      if (name.toLowerCase().includes(wanted)) hits.push({kind: "service", service: id});
    if (request)
      for (const i of this.requests.get(Number(request[1])) ?? [])
        hits.push({kind: "message", message: i});
    const good = this.texts.map((text) => text.toLowerCase().includes(wanted));
    hits.push(
        ...this.searchColumn(this.data.span.text, good, most, (i) => ({kind: "span", span: i})));
    hits.push(...this.searchColumn(this.data.log.text, good, most, (i) => ({kind: "log", log: i})));
    return hits;
  }

  searchColumn(column, good, most, make) {
    const hits = [];
    for (let i = 0; i < column.length && hits.length < most; i++)
      if (good[column[i]]) hits.push(make(i));
    return hits;
  }

  // The messages that may be seen between two times, of one caller: in the order of their calls;
  // at most one in each step of time, as more would be drawn over each other.
  messagesBetween(calls, from, to, step) {
    const {call} = this.message;
    const found = [];
    let at = lowerBoundBy(calls.length, (i) => call[calls[i]] < from);
    // A caller waits for its reply: those that are still open are among the last ones.
    for (let i = Math.max(0, at - 64); i < at; i++)
      if (this.messageEnd(calls[i]) >= from) found.push(calls[i]);
    while (at < calls.length && call[calls[at]] <= to) {
      found.push(calls[at]);
      const next = call[calls[at]] + step;
      at = lowerBoundBy(calls.length, (i) => call[calls[i]] < next, at + 1);
    }
    return found;
  }
}

function waitClass(what) {
  if (what === "time") return "time";
  if (what === "a call to" || what === "interrupt" || what === "event") return "idle";
  if (what === "a reply from" || what === "the end of task" || what === "the service")
    return "reply";
  if (what === "its turn at") return "turn";
  if (/^(room in|bytes in|a message in|the value of|a wake from)/.test(what)) return "queue";
  if (what === "mutex" || what === "semaphore") return "lock";
  if (what === "memory of heap") return "memory";
  return "other";
}
