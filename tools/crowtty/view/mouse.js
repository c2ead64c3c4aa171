// SPDX-License-Identifier: MIT OR Apache-2.0
// The mouse on the timeline, on the overview above it, and what it points at.

function listenToMouse(page) {
  listenToChart(page);
  listenToOverview(page.chart);
}

function listenToChart(page) {
  const {chart} = page, {canvas} = chart;
  let drag = null;
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (event.offsetX < NAMES_WIDTH)
      chart.scrollBy(event.deltaY);
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
      chart.pan(event.deltaX || event.deltaY);
    else
      chart.zoom(Math.exp(-event.deltaY / 300), event.offsetX);
  }, {passive: false});
  canvas.addEventListener("pointerdown", (event) => {
    drag = {x: event.offsetX, y: event.offsetY, moved: false};
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag) return pointAt(page, event.offsetX, event.offsetY);
    const dx = event.offsetX - drag.x, dy = event.offsetY - drag.y;
    if (!drag.moved && Math.hypot(dx, dy) < 4) return;
    canvas.classList.add("dragged");
    $("tip").hidden = true;
    chart.pan(-dx);
    chart.scrollBy(-dy);
    drag = {x: event.offsetX, y: event.offsetY, moved: true};
  });
  canvas.addEventListener("pointerup", (event) => {
    canvas.classList.remove("dragged");
    if (drag && !drag.moved) page.select(chart.at(event.offsetX, event.offsetY));
    drag = null;
  });
  canvas.addEventListener("pointerleave", () => {
    $("tip").hidden = true;
  });
  canvas.addEventListener("dblclick", () => page.fitSelected());
}

function listenToOverview(chart) {
  const overview = chart.overview.canvas;
  let held = false;
  const move = (event) => {
    const time = (event.offsetX - NAMES_WIDTH) / chart.plotWidth * chart.recording.total;
    const half = (chart.to - chart.from) / 2;
    chart.setView(time - half, time + half);
  };
  overview.addEventListener("pointerdown", (event) => {
    held = true;
    overview.setPointerCapture(event.pointerId);
    move(event);
  });
  overview.addEventListener("pointermove", (event) => {
    if (held) move(event);
  });
  overview.addEventListener("pointerup", () => {
    held = false;
  });
}

function pointAt({chart, recording}, x, y) {
  const what = chart.at(x, y), tip = $("tip");
  chart.canvas.classList.toggle("hit", what !== null);
  tip.hidden = what === null || what.kind === "task";
  if (tip.hidden) return;
  tip.textContent = tipText(recording, what);
  const {width, height} = tip.getBoundingClientRect(), area = $("charts").getBoundingClientRect();
  tip.style.left = `${Math.min(x + 14, area.width - width - 4)}px`;
  tip.style.top = `${Math.min(y + 50, area.height - height - 4)}px`;
}

function tipText(recording, what) {
  if (what.kind === "message") {
    const {queued, service, back} = recording.hop(what.message);
    const parts = `queued ${formatPart(queued)}, in service ${formatPart(service)}`;
    const rest = `until the caller ran ${formatPart(back)}`;
    return `${recording.messageText(what.message)}\n${parts}, ${rest}`;
  }
  if (what.kind === "span") {
    const {text, length} = recording.data.span;
    return `${recording.texts[text[what.span]]}\n${formatTime(length[what.span])}`;
  }
  const track = recording.tracks[what.track];
  return `${track.label}: ${recording.stateText(track, what.index)}\n` +
      `${formatTime(recording.stateEnd(track, what.index) - track.start[what.index])}`;
}
