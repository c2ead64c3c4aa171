// SPDX-License-Identifier: MIT OR Apache-2.0
// Run inside of a page: what the page finds by halving is what looking at everything finds. Returns
// what differs.

const {recording} = window.view, problems = [];
let seed = 7;
const random = (below) => {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return seed % below;
};
const check = (what, got, expected) => {
  if (JSON.stringify(got) !== JSON.stringify(expected) && problems.length < 10)
    problems.push(`${what}: ${JSON.stringify(got)}, not ${JSON.stringify(expected)}`);
};

for (let n = 0; n < 300; n++) {
  const values = Array.from({length: random(40)}, () => random(50)).sort((a, b) => a - b);
  const value = random(52) - 1, at = values.findIndex((one) => one >= value);
  let last = -1;
  values.forEach((one, i) => {
    if (one <= value) last = i;
  });
  check("lowerBound", lowerBound(values, value), at < 0 ? values.length : at);
  check("lastNotAfter", lastNotAfter(values, value), last);
  if (last >= 0) check("lastNotAfterFrom", lastNotAfterFrom(values, value, random(last + 1)), last);
}

for (let n = 0; n < 300; n++) {
  const track = recording.tracks[random(recording.tracks.length)],
        time = random(1e9) / 1e9 * recording.total;
  let busy = 0;
  for (let i = 0; i < track.start.length && track.start[i] < time; i++)
    if (track.state[i] === RUNNING)
      busy += Math.min(time, recording.stateEnd(track, i)) - track.start[i];
  check("busyBefore", Math.round(recording.busyBefore(track, time)), Math.round(busy));
}

const {call, cause, id, from} = recording.message;
for (let n = 0; n < 200; n++) {
  const message = random(recording.messageCount), chain = recording.chain(message);
  check("chain ends", chain.at(-1), message);
  check("chain begins", cause[chain[0]], 0);
  for (let i = 1; i < chain.length; i++) check("chain", cause[chain[i]] - 1, chain[i - 1]);
  check(
      "children", recording.caused(message),
      [...cause.keys()].filter((i) => cause[i] === message + 1));
}
check("some have a cause", cause.some((one) => one > 0), true);

for (let n = 0; n < 100; n++) {
  const caller = random(recording.tracks.length), calls = recording.callsOf.of(caller + 1);
  const start = random(1e9) / 1e9 * recording.total,
        end = start + random(1e9) / 1e10 * recording.total;
  const all = [...calls].filter((i) => call[i] <= end && recording.messageEnd(i) >= start);
  check("calls of a task", [...calls].every((i) => from[i] === caller + 1), true);
  check("messagesBetween", recording.messagesBetween(calls, start, end, 0), all);
  const step = (end - start) / 10, some = recording.messagesBetween(calls, start, end, step);
  const inside = some.filter((i) => call[i] >= start);
  check(
      "one in each step", inside.every((i, k) => k === 0 || call[i] - call[inside[k - 1]] >= step),
      true);
  check("none is left out at the front", inside[0], all.find((i) => call[i] >= start));
}

for (const hit of recording.search(String(id[5])))
  if (hit.kind === "message") check("found by its id", id[hit.message], id[5]);
// A damaged clock may leap by centuries: the page can still be moved in, and each frame ends.
recording.total = 1e19;
window.view.chart.whole();
for (let n = 0; n < 200; n++) window.view.chart.zoom(2);
window.view.chart.draw();
check("the closest view", window.view.chart.to - window.view.chart.from > 0, true);
return problems;
