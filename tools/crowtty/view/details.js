// SPDX-License-Identifier: MIT OR Apache-2.0
// What is chosen, in words: a task, a state, a span, or a message and what led to it.

const $ = (id) => document.getElementById(id);

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function button(text, action, properties = {}) {
  return element("button", {type: "button", textContent: text, onclick: action, ...properties});
}

const MOST_HOPS = 200, MOST_CAUSED = 200;

class Details {
  // `goTo` chooses something else, and brings it into view.
  constructor(recording, goTo, say) {
    this.recording = recording;
    this.goTo = goTo;
    this.say = say;
  }

  show(what) {
    $("detail").replaceChildren();
    $("details").hidden = !what || what.kind === "log";
    const shows = {
      task: this.showTask,
      state: this.showState,
      span: this.showSpan,
      message: this.showMessage
    };
    shows[what?.kind]?.call(this, what);
  }

  detail(title, rows) {
    const table = element("table");
    for (const [name, value] of rows) {
      const cell = element("td");
      cell.append(value);
      table.append(element("tr", {}, element("th", {scope: "row", textContent: name}), cell));
    }
    $("detail").append(element("h2", {textContent: title}), table);
    this.say(`${title}: ${
        rows.map(([name, value]) => `${name} ${value.textContent ?? value}`).join(", ")}`);
  }

  at(time) {
    return `${((time + this.recording.data.first) / 1e9).toFixed(9)} s`;
  }

  taskButton(track) {
    return button(track.label, () => this.goTo({kind: "task", track: track.index}));
  }

  messageButton(i, text = this.recording.messageText(i)) {
    return button(text, () => this.goTo({kind: "message", message: i}));
  }

  showTask({track: index}) {
    const track = this.recording.tracks[index], {recording} = this;
    const last = track.start.length - 1;
    const busy = track.busy[track.start.length];
    const rows = [
      ["at the end", recording.stateText(track, last)],
      [
        track.kind === "task" ? "polls" : "times",
        track.runs[track.start.length].toLocaleString("en")
      ],
      [
        track.kind === "queue" ? "full for" : "running",
        `${formatTime(busy)}, ${(busy / recording.total * 100).toFixed(2)} %`
      ],
      ["longest", formatTime(track.longest)]
    ];
    if (track.kind === "task")
      rows.push(
          ["calls made", recording.callsOf.of(index + 1).length.toLocaleString("en")],
          ["calls served", recording.servedBy.of(index + 1).length.toLocaleString("en")]);
    if (track.size) rows.push(["state", `${track.size} bytes`]);
    if (track.file !== undefined) rows.push(["file", recording.texts[track.file]]);
    if (track.carrier) rows.push(["note", "carries this very trace; its own events are left out"]);
    this.detail(track.label, rows);
  }

  showState({track: number, index}) {
    const {recording} = this, track = recording.tracks[number];
    const end = recording.stateEnd(track, index), state = track.state[index], by = track.by[index];
    const rows = [
      ["state", recording.stateText(track, index)], ["from", this.at(track.start[index])],
      [
        "for",
        formatTime(end - track.start[index]) +
            (index + 1 < track.start.length ? "" : ", to the end")
      ]
    ];
    if (state === READY && track.kind === "task")
      rows.push([
        "woken by",
        by ? this.taskButton(recording.tracks[by - 1]) : "an interrupt or timer, or unknown"
      ]);
    if (state === RUNNING && by) rows.push(["works on", this.messageButton(by - 1)]);
    if (state >= WAIT)
      for (const wait of recording.data.waits[state - WAIT])
        if (wait.holder && recording.trackOfTask.has(wait.holder))
          rows.push(["held by", this.taskButton(recording.trackOfTask.get(wait.holder))]);
    this.detail(track.label, rows);
  }

  showSpan({span}) {
    const {recording} = this, {start, length, track, text} = recording.data.span;
    this.detail(recording.texts[text[span]], [
      ["task", this.taskButton(recording.tracks[track[span]])], ["from", this.at(start[span])],
      ["for", formatTime(length[span])]
    ]);
  }

  showMessage({message}) {
    const {recording} = this, m = recording.message;
    this.detail(recording.messageText(message), [
      ["outcome", recording.messageOutcome(message)], ["called", this.at(m.call[message])],
      [
        "served by",
        m.to[message] ? this.taskButton(recording.tracks[m.to[message] - 1]) : "nobody yet"
      ]
    ]);
    this.showChain(message);
    const caused = recording.caused(message);
    if (caused.length > 0) {
      $("detail").append(element("h2", {textContent: `It caused ${caused.length} more`}));
      const list = element("ul");
      for (const i of caused.slice(0, MOST_CAUSED))
        list.append(element("li", {}, this.messageButton(i)));
      $("detail").append(list);
    }
  }

  // What led to a message, the first cause on top, and where the time went at each hop: below
  // each a bar, all on the same stretch of time.
  showChain(message) {
    const {recording} = this, {call, from, causeId} = recording.message;
    const chain = recording.chain(message), root = chain[0];
    const end = chain.reduce((last, i) => Math.max(last, recording.messageEnd(i)), 0);
    const head = element("tr");
    for (const name of ["Message", "Queued", "In service", "Until the caller ran"])
      head.append(element("th", {scope: "col", textContent: name}));
    const body = element("tbody");
    for (const i of chain.slice(-MOST_HOPS))
      body.append(this.hopRow(i, i === message), this.hopBar(i, call[root], end));
    const title = chain.length === 1 ? "Where the time went" :
                                       `What led to it: ${chain.length} hops, and their times`;
    $("detail").append(
        element("h2", {textContent: title}),
        element("table", {id: "chain"}, element("thead", {}, head), body));
    const first = causeId[root] ?
        `caused by request ${causeId[root]}, which is not in the recording.` :
        `the idea of ${recording.trackLabel(from[root])}: it was not handling a message.`;
    const which = chain.length === 1 ? "It" : "The first";
    $("detail").append(element("p", {textContent: `${which} was ${first}`}));
  }

  hopRow(i, chosen) {
    const {queued, service, back} = this.recording.hop(i);
    const row = element("tr", {className: "hop"}, element("td", {}, this.messageButton(i)));
    for (const part of [queued, service, back])
      row.append(element("td", {textContent: formatPart(part)}));
    if (chosen) row.ariaCurrent = "true";
    return row;
  }

  hopBar(i, from, to) {
    const {queued, service, back} = this.recording.hop(i), whole = Math.max(to - from, 1);
    const bar = element("div", {className: "bar", ariaHidden: "true"});
    const add = (className, time) => {
      const piece = element("i", {className});
      piece.style.width = `${time / whole * 100}%`;
      bar.append(piece);
    };
    add("before", this.recording.message.call[i] - from);
    add("queued", queued.time);
    add("served", service.time);
    add("returned", back.time);
    return element("tr", {}, element("td", {colSpan: 4}, bar));
  }
}
