// SPDX-License-Identifier: MIT OR Apache-2.0
const LOG_LINE = 18, LOG_MOST_PIXELS = 8e6;

// A list of any length: only the lines in view exist. A list too tall for a browser is scrolled by
// its share.
class LogList {
  constructor(recording, chart, choose) {
    this.recording = recording;
    this.chart = chart;
    this.onChoose = choose;
    this.list = $("log-list");
    this.chosen = -1;
    this.list.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.list);
    $("level").onchange = () => this.filter();
    $("follow").onchange = () => this.follow();
    this.filter();
  }

  filter() {
    const {level} = this.recording.data.log, least = Number($("level").value);
    this.records = [];
    for (let i = 0; i < level.length; i++)
      if (level[i] >= least) this.records.push(i);
    const count = this.records.length;
    $("log-count").textContent = `${count.toLocaleString("en")} record${count === 1 ? "" : "s"}`;
    this.height = Math.min(this.records.length * LOG_LINE, LOG_MOST_PIXELS);
    $("log-space").style.height = `${this.height}px`;
    this.follow();
    this.draw();
  }

  text(i) {
    const {log, texts, first} = this.recording.data;
    return `${((log.time[i] + first) / 1e9).toFixed(6)} ${TASK_LEVELS[log.level[i]]} ${
        texts[log.target[i]]}: ${texts[log.text[i]]}`;
  }

  line(i) {
    const {log, texts, first} = this.recording.data;
    const owner = log.track[i] ? this.recording.tracks[log.track[i] - 1].label : "";
    const line = element(
        "div", {
          role: "option",
          className: `level${log.level[i]}`,
          id: `log-${i}`,
          onclick: () => this.onChoose(i)
        },
        element("span", {textContent: `${((log.time[i] + first) / 1e9).toFixed(6).padStart(12)} `}),
        element("b", {textContent: TASK_LEVELS[log.level[i]].padEnd(5)}),
        element("span", {textContent: `${texts[log.target[i]]}${owner ? ` ${owner}` : ""}: `}),
        texts[log.text[i]]);
    if (i === this.chosen) line.ariaSelected = "true";
    return line;
  }

  get top() {
    const hidden = this.height - this.list.clientHeight,
          share = hidden > 0 ? this.list.scrollTop / hidden : 0;
    return Math.max(0, share * (this.records.length - this.list.clientHeight / LOG_LINE));
  }

  draw() {
    if ($("log").hidden) return;
    const first = Math.floor(this.top), count = Math.ceil(this.list.clientHeight / LOG_LINE) + 1;
    const lines = this.records.slice(first, first + count).map((i, n) => {
      const line = this.line(i);
      line.style.top = `${this.list.scrollTop + (first + n - this.top) * LOG_LINE}px`;
      return line;
    });
    this.list.replaceChildren($("log-space"), ...lines);
  }

  scrollTo(place) {
    const hidden = this.height - this.list.clientHeight,
          most = this.records.length - this.list.clientHeight / LOG_LINE;
    this.list.scrollTop = most > 0 ? Math.min(Math.max(place, 0) / most, 1) * hidden : 0;
    this.draw();
  }

  // Scrolls to the beginning of what the timeline shows.
  follow() {
    if (!$("follow").checked || $("log").hidden) return;
    const {time} = this.recording.data.log;
    const from = lowerBoundBy(this.records.length, (i) => time[this.records[i]] < this.chart.from);
    this.scrollTo(from);
  }

  choose(i) {
    this.chosen = i;
    const place = lowerBound(this.records, i), shown = this.list.clientHeight / LOG_LINE;
    this.list.setAttribute("aria-activedescendant", `log-${i}`);
    if (place < this.top || place + 1 > this.top + shown)
      this.scrollTo(place - shown / 2);
    else
      this.draw();
  }

  step(by) {
    const place =
        this.chosen < 0 ? Math.floor(this.top) : lowerBound(this.records, this.chosen) + by;
    if (place >= 0 && place < this.records.length) this.onChoose(this.records[place]);
  }

  open() {
    if (this.chosen >= 0) this.onChoose(this.chosen);
  }
}
