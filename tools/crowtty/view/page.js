// SPDX-License-Identifier: MIT OR Apache-2.0
// The page around the timeline: search, details, log, table, keys.

const LEGEND = [
  ["run", "running: one poll"],
  ["ready", "ready, waits for its turn to run"],
  ["wait-reply", "waits for a reply, or the end of a task"],
  ["wait-turn", "waits for its turn at a service"],
  ["wait-idle", "waits for a call, an event or an interrupt"],
  ["wait-time", "waits for time"],
  ["wait-queue", "waits at a queue or channel"],
  ["wait-lock", "waits for a lock"],
  ["wait-memory", "waits for memory"],
  ["span", "a span"],
  ["call", "arrow: a call, to when it is served"],
  ["reply", "dashed arrow: the reply, to when the caller runs"],
  ["error", "events were lost, or the recording ends in damage"],
];

class Page {
  constructor(recording) {
    this.recording = recording;
    this.describe();
    this.showNotices();
    this.showFindings();
    this.fillHelp();
    this.chart = new Chart($("chart"), $("overview"), recording);
    this.log = new LogList(recording, this.chart, (i) => this.select({kind: "log", log: i}));
    this.details = new Details(recording, (what) => this.goTo(what), (text) => this.say(text));
    this.search = new Search(recording, this.log, (what) => this.goTo(what));
    this.chart.onView = () => this.log.follow();
    this.chart.whole();
    this.listen();
  }

  describe() {
    const {data} = this.recording;
    const text = (number) => number === undefined ? "" : data.texts[number];
    const system = [
      text(data.system), text(data.release), text(data.build), text(data.machine)
    ].filter(Boolean).join(" ");
    const tasks = data.tracks.filter((track) => track.kind === "task").length;
    $("title").textContent = data.name;
    document.title = `${data.name} – timeline`;
    $("about").textContent = [
      system, `${formatTime(data.last - data.first)}`, `${data.events.toLocaleString("en")} events`,
      `${tasks} tasks`, `${this.recording.messageCount.toLocaleString("en")} messages`
    ].filter(Boolean).join(" · ");
  }

  showNotices() {
    const {data} = this.recording;
    const say = (text, kind = "") =>
        $("notices").append(element("p", {textContent: text, className: kind}));
    if (data.damagedAt !== undefined)
      say(`The recording is damaged at byte ${data.damagedAt}; it is shown up to there.`, "error");
    if (data.events === 0 && data.tracks.length === 0)
      say("There is no trace in this recording: nobody asked for one while it was made.");
    else if (data.events > 0 && !data.timed)
      say("The target sent no times and no tasks: shown is when its events arrived.");
    const sum = (key) => data.losses.reduce((total, loss) => total + loss[key], 0);
    const lost =
        [
          ["events", "events"], ["spans", "spans"], ["activity", "span changes"],
          ["metas", "call sites"]
        ].map(([key, name]) => [sum(key), name])
            .filter(([count]) => count > 0)
            .map(([count, name]) => `${count.toLocaleString("en")} ${name}`);
    const bytes = sum("bytes");
    if (lost.length > 0)
      say(`The target lost ${lost.join(", ")}: what is shown around the red lines is incomplete.`);
    if (bytes > 0)
      say(`${
          bytes.toLocaleString("en")} bytes that were no message were skipped, at the red lines.`);
  }

  showFindings() {
    const {findings} = this.recording.data;
    $("found").hidden = findings.length === 0;
    findings.forEach((finding, i) => {
      const line = button("", () => this.goToFinding(i), {id: `finding-${i}`});
      const severity = element("span", {className: "severity", textContent: finding.severity});
      line.append(severity, " ", finding.text, finding.over ? " (Over by the end.)" : "");
      $("findings").append(element("li", {className: finding.severity}, line));
    });
  }

  goToFinding(i) {
    const finding = this.recording.data.findings[i], {chart, recording} = this;
    const tracks = finding.tasks.map((id) => recording.trackOfTask.get(id)).filter(Boolean);
    chart.marked = new Set(tracks.map((track) => track.index));
    const since = finding.since > 0 ? finding.since - recording.data.first : 0;
    if (tracks.length > 0) {
      chart.focusRow = chart.rowOf[tracks[0].index];
      chart.showRow(chart.rows[chart.focusRow]);
      const track = tracks[0], last = track.start.length - 1;
      const index =
          finding.over ? recording.stateAt(track, finding.seen - recording.data.first) : last;
      if (index >= 0) this.select({kind: "state", track: track.index, index});
    }
    const to = finding.over ? finding.seen - recording.data.first : recording.total;
    const length = Math.max(to - since, recording.total / 10);
    chart.setView(to - length * 1.1, to + length * 0.05);
    this.say(finding.text);
  }

  fillHelp() {
    for (const [keys, what] of KEYS) {
      const term = element("dt");
      for (const word of keys.split(" "))
        term.append(word === "or" ? " or " : element("kbd", {textContent: word}), " ");
      $("keys").append(term, element("dd", {textContent: what}));
    }
    for (const [colour, what] of LEGEND) {
      const sample = element("i");
      sample.style.background = `var(--${colour})`;
      $("legend").append(element("li", {}, sample, what));
    }
  }

  say(text) {
    $("now").textContent = text;
  }

  // What is chosen.
  select(what) {
    const {chart, recording} = this;
    this.selected = what;
    chart.selected = what;
    chart.chain = new Set(what?.kind === "message" ? recording.chain(what.message) : []);
    const track = this.trackOf(what);
    if (track !== undefined) chart.focusRow = chart.rowOf[track];
    if (what?.kind === "log") {
      what.time = recording.data.log.time[what.log];
      this.log.choose(what.log);
      this.say(this.log.text(what.log));
    }
    this.details.show(what);
    this.afterLayout();
  }

  // The track that something is in, or undefined.
  trackOf(what) {
    const {data, message} = this.recording;
    const fromOne = (number) => number ? number - 1 : undefined;
    switch (what?.kind) {
      case "span":
        return data.span.track[what.span];
      case "log":
        return fromOne(data.log.track[what.log]);
      case "message":
        return fromOne(message.from[what.message]);
      default:
        return what?.track;
    }
  }

  afterLayout() {
    if (this.chart.canvas.clientWidth !== this.chart.width ||
        this.chart.canvas.clientHeight !== this.chart.viewHeight)
      this.chart.resize();
    else
      this.chart.request();
  }

  // Chooses, and brings it into view.
  goTo(what) {
    const {recording, chart} = this;
    if (what.kind === "service") {
      const server = recording.serverOf.get(what.service);
      if (server === undefined) {
        this.select(null);
        this.say(`${recording.service(what.service)}: no call to it was served`);
        return;
      }
      what = {kind: "task", track: server};
    }
    this.select(what);
    if (chart.focused) chart.showRow(chart.rows[chart.focusRow]);
    const extent = this.extentOf(what);
    if (extent) chart.showTime(...extent);
  }

  // From when to when something is; of a message, with all that led to it.
  extentOf(what) {
    const {recording} = this, {data, message} = recording;
    if (what?.kind === "message") {
      const chain = recording.chain(what.message);
      const end = chain.reduce((last, i) => Math.max(last, recording.messageEnd(i)), 0);
      return [message.call[chain[0]], end];
    }
    if (what?.kind === "span") {
      const from = data.span.start[what.span];
      return [from, from + data.span.length[what.span]];
    }
    if (what?.kind === "state") {
      const track = recording.tracks[what.track];
      return [track.start[what.index], recording.stateEnd(track, what.index)];
    }
    return what?.kind === "log" ? [what.time, what.time] : null;
  }

  fitSelected() {
    const extent = this.extentOf(this.selected);
    if (!extent) return;
    const [from, to] = extent, room = Math.max((to - from) * 0.2, 10);
    this.chart.setView(from - room, to + room);
  }

  // Steps of a chosen row: its messages, its states.
  // The messages that a track made or served, in the order of their calls.
  messagesOf({index}) {
    const {recording} = this;
    const all = [...recording.callsOf.of(index + 1), ...recording.servedBy.of(index + 1)];
    return [...new Set(all)].sort((a, b) => a - b);
  }

  stepMessage(direction) {
    const {recording, chart} = this, track = chart.focused;
    const list = track ? this.messagesOf(track) : [];
    if (list.length === 0) return this.say("no messages");
    let at = list.indexOf(this.selected?.kind === "message" ? this.selected.message : -1);
    if (at >= 0) {
      at = Math.min(Math.max(at + direction, 0), list.length - 1);
    } else {
      const middle = (chart.from + chart.to) / 2;
      at = list.findIndex((i) => recording.message.call[i] >= middle);
    }
    this.goTo({kind: "message", message: list.at(at)});
    chart.focusRow = chart.rowOf[track.index];
  }

  stepState(direction) {
    const {recording, chart} = this, track = chart.focused;
    if (!track?.start.length) return;
    const same = this.selected?.kind === "state" && this.selected.track === track.index;
    const at = same ? this.selected.index + direction :
                      recording.stateAt(track, (chart.from + chart.to) / 2);
    this.goTo({
      kind: "state",
      track: track.index,
      index: Math.min(Math.max(at, 0), track.start.length - 1)
    });
  }

  toCause() {
    if (this.selected?.kind !== "message") return;
    const cause = this.recording.message.cause[this.selected.message];
    if (cause)
      this.goTo({kind: "message", message: cause - 1});
    else
      this.say("it was not caused by a message");
  }

  moveFocus(by) {
    const {chart} = this;
    if (!chart.focused) return;
    chart.focusRow = Math.min(Math.max(chart.focusRow + by, 0), chart.rows.length - 1);
    chart.showRow(chart.rows[chart.focusRow]);
    chart.request();
    const track = chart.focused;
    const i = this.recording.stateAt(track, (chart.from + chart.to) / 2);
    this.say(`${track.label}: ${this.recording.stateText(track, i)}`);
  }

  // Parts that come and go.
  toggle(part, buttonId, show = $(part).hidden) {
    $(part).hidden = !show;
    $(buttonId).ariaExpanded = String(show);
    if (part === "tasks" && show) this.fillTasks();
    this.afterLayout();
    if (show && part === "tasks") $("tasks").querySelector("button")?.focus();
    if (show && part === "log") this.log.follow();
  }

  help(show = !$("help").open) {
    if (show)
      $("help").showModal();
    else
      $("help").close();
    $("show-help").ariaExpanded = String(show);
  }

  fillTasks() {
    const tasks = this.chart.rows.map(({track}) => track).filter(({kind}) => kind === "task");
    $("task-rows").replaceChildren(...tasks.map((track) => {
      const name = button(track.label, () => {
        this.toggle("tasks", "show-tasks", false);
        this.goTo({kind: "task", track: track.index});
        $("chart").focus();
      });
      const cells = this.taskCells(track).map((text) => element("td", {textContent: text}));
      return element("tr", {}, element("th", {scope: "row"}, name), ...cells);
    }));
  }

  // What the table says of a task, besides its name.
  taskCells(track) {
    const {recording} = this, count = track.start.length, busy = track.busy[count];
    const share = (busy / recording.total * 100).toFixed(1);
    const grouped = (number) => number.toLocaleString("en");
    return [
      recording.stateText(track, count - 1), grouped(track.runs[count]),
      `${formatTime(busy)} (${share} %)`, formatTime(track.longest),
      grouped(recording.callsOf.of(track.index + 1).length),
      grouped(recording.servedBy.of(track.index + 1).length), track.size || "",
      track.file === undefined ? "" : recording.texts[track.file]
    ];
  }

  setTheme(theme) {
    document.documentElement.dataset.theme = theme;
    $("theme").textContent = theme === "dark" ? "Light" : "Dark";
    this.chart.readColours();
    this.chart.request();
  }

  // Events.
  listen() {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    this.setTheme(dark.matches ? "dark" : "light");
    dark.addEventListener("change", () => this.setTheme(dark.matches ? "dark" : "light"));
    $("theme").onclick = () =>
        this.setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    $("fit").onclick = () => this.chart.whole();
    $("show-tasks").onclick = () => this.toggle("tasks", "show-tasks");
    $("show-log").onclick = () => this.toggle("log", "show-log");
    $("show-help").onclick = () => this.help(true);
    $("help").addEventListener("close", () => {
      $("show-help").ariaExpanded = "false";
    });
    $("close-details").onclick = () => this.select(null);
    new ResizeObserver(() => this.chart.resize()).observe($("charts"));
    listenToKeys(this);
    listenToMouse(this);
  }

  escape() {
    if (!$("tasks").hidden) {
      this.toggle("tasks", "show-tasks", false);
    } else if (!$("hits").hidden || document.activeElement === $("query")) {
      $("hits").hidden = true;
    } else {
      this.chart.marked = new Set();
      this.select(null);
    }
    $("chart").focus();
  }
}

async function start() {
  const begin = performance.now();
  try {
    const recording = new Recording(readData(await inflate($("data").textContent)));
    window.view = new Page(recording);
    window.view.openedMs = performance.now() - begin;
    $("loading").hidden = true;
    requestAnimationFrame(() => requestAnimationFrame(() => {
                            window.view.paintedMs = performance.now();
                          }));
  } catch (error) {
    $("loading").textContent = `This page can't be shown: ${error.message}`;
    throw error;
  }
}

start();
