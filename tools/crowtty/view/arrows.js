// SPDX-License-Identifier: MIT OR Apache-2.0
// The messages on the timeline, as arrows from row to row.

const ARROW_STEP = 5;   // pixels: at most one message of a caller in each
const MANY_LEGS = 600;  // more are drawn faintly, and only the calls

// The legs of a message: from its call to its server, and from the reply back.
function legsOf(chart, i) {
  const {call, serve, reply, back, from} = chart.recording.message;
  const a = from[i] ? chart.rows[chart.rowOf[from[i] - 1]] : null;
  const server = chart.recording.serverTrack(i);
  const b = server ? chart.rows[chart.rowOf[server - 1]] : null;
  if (!a || !b) return [];
  const ya = chart.yOf(a) + 3, yb = chart.yOf(b) + 3, down = yb > ya;
  const leaveA = down ? ya + BAR - 2 : ya, reachB = down ? yb : yb + BAR - 2;
  const legs = [];
  const served = Number.isNaN(serve[i]) ? chart.recording.messageEnd(i) : serve[i];
  legs.push({
    message: i,
    kind: "call",
    open: Number.isNaN(serve[i]),
    x0: chart.xOf(call[i]),
    y0: leaveA,
    x1: chart.xOf(served),
    y1: Number.isNaN(serve[i]) ? leaveA : reachB  // still queued: along its own row
  });
  if (!Number.isNaN(reply[i]))
    legs.push({
      message: i,
      kind: "reply",
      open: Number.isNaN(back[i]),
      x0: chart.xOf(reply[i]),
      y0: reachB,
      x1: chart.xOf(Number.isNaN(back[i]) ? reply[i] : back[i]),
      y1: leaveA
    });
  return legs;
}

function drawMessages(chart, c, visible) {
  const step = ARROW_STEP / chart.scale;
  const seen = new Set();
  for (const row of visible) {  // those that a visible row made, and those that one serves
    for (const list
             of [chart.recording.callsOf.of(row.track.index + 1),
                 chart.recording.servedBy.of(row.track.index + 1)])
      for (const i of chart.recording.messagesBetween(list, chart.from, chart.to, step))
        seen.add(i);
  }
  const legs = [];
  for (const i of seen)
    if (!chart.chain.has(i)) legs.push(...legsOf(chart, i));
  const many = legs.length > MANY_LEGS, alpha = many ? 0.15 : chart.chain.size > 0 ? 0.35 : 0.9;
  for (const kind of many ? ["call"] : ["call", "reply"])
    strokeLegs(chart, c, legs.filter((leg) => leg.kind === kind), kind, alpha, 1, !many);
  const chosen = [...chart.chain].flatMap((i) => legsOf(chart, i));
  for (const kind of ["call", "reply"])
    strokeLegs(chart, c, chosen.filter((leg) => leg.kind === kind), kind, 1, 2.5, true);
  chart.drawn.arrows = legs.concat(chosen);
}

function strokeLegs(chart, c, legs, kind, alpha, width, heads) {
  if (legs.length === 0) return;
  c.save();
  c.globalAlpha = alpha;
  c.strokeStyle = c.fillStyle = chart.colour[kind];
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
    for (const leg of legs) addHead(c, leg, width > 1 ? 7 : 5);
    c.fill();
  }
  c.restore();
}

function addHead(c, {x0, y0, x1, y1, open}, size) {
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
