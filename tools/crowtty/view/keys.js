// SPDX-License-Identifier: MIT OR Apache-2.0
// The keyboard: one table for what a key does and for the help.

const pan = (part) => ({chart}) => chart.pan(chart.plotWidth * part);
const zoom = (factor) => ({chart}) => chart.zoom(factor);
const place = (fromEnd) => ({chart}) => {
  const length = chart.to - chart.from, from = fromEnd ? chart.recording.total - length : 0;
  chart.setView(from, from + length);
};

const KEYS = [
  [
    "← → or A D", "move in time",
    {ArrowLeft: pan(-1 / 8), a: pan(-1 / 8), ArrowRight: pan(1 / 8), d: pan(1 / 8)}
  ],
  [
    "+ − or W S", "zoom",
    {"+": zoom(1.5), "=": zoom(1.5), w: zoom(1.5), "-": zoom(1 / 1.5), s: zoom(1 / 1.5)}
  ],
  [
    "↑ ↓", "choose a task; in the log, a record", {
      ArrowUp: (page, inLog) => inLog ? page.log.step(-1) : page.moveFocus(-1),
      ArrowDown: (page, inLog) => inLog ? page.log.step(1) : page.moveFocus(1)
    }
  ],
  [
    "Enter", "what the task does in the middle of the view",
    {Enter: (page, inLog) => inLog ? page.log.open() : page.stepState(0)}
  ],
  [
    "[ ]", "the task's message before, after",
    {"[": (page) => page.stepMessage(-1), "]": (page) => page.stepMessage(1)}
  ],
  [
    ", .", "its state before, after",
    {",": (page) => page.stepState(-1), ".": (page) => page.stepState(1)}
  ],
  ["C", "the message that caused the chosen one", {c: (page) => page.toCause()}],
  ["F", "zoom to what is chosen", {f: (page) => page.fitSelected()}],
  ["0", "the whole recording", {0: ({chart}) => chart.whole()}],
  ["Home End", "its beginning, its end", {Home: place(false), End: place(true)}],
  ["/", "search", {"/": () => $("query").focus()}],
  [
    "N P", "the next result, the one before",
    {n: (page) => page.search.step(1), p: (page) => page.search.step(-1)}
  ],
  ["T", "the tasks as a table", {t: (page) => page.toggle("tasks", "show-tasks")}],
  ["L", "the log", {l: (page) => page.toggle("log", "show-log")}],
  ["?", "this help", {"?": (page) => page.help(true)}],
  ["Esc", "close; choose nothing", {Escape: (page) => page.escape()}],
  ["Tab", "from part to part", {}],
];

function listenToKeys(page) {
  const actions = Object.assign({}, ...KEYS.map(([, , action]) => action));
  addEventListener("keydown", (event) => {
    const {key, target} = event;
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    if (target.closest?.("input, select") && key !== "Escape") return;
    if (target.tagName === "BUTTON" && key === "Enter") return;
    if (!$("tasks").hidden && key !== "t" && key !== "Escape") return;
    const action = actions[key.length === 1 ? key.toLowerCase() : key];
    if (!action) return;
    event.preventDefault();
    action(page, target === $("log-list"));
  });
}
