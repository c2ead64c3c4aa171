// SPDX-License-Identifier: MIT OR Apache-2.0
// How busy the whole recording was, and which part of it is shown.

class Overview {
  constructor(canvas, chart) {
    this.canvas = canvas;
    this.chart = chart;
  }

  resize(ratio) {
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    this.profile = null;
  }

  draw() {
    const {canvas, chart} = this, {recording, colour, width} = chart;
    const c = canvas.getContext("2d", {alpha: false}), height = canvas.clientHeight;
    const scale = chart.plotWidth / recording.total;
    c.setTransform(chart.ratio, 0, 0, chart.ratio, 0, 0);
    c.fillStyle = colour.panel;
    c.fillRect(0, 0, width, height);
    this.drawProfile(c, height);
    c.fillStyle = colour.error;
    for (const loss of recording.data.losses.slice(0, 2000))
      c.fillRect(NAMES_WIDTH + (loss.time - recording.data.first) * scale, 0, 1, height);
    this.drawWindow(c, scale, height);
    c.fillStyle = colour.dim;
    c.font = SMALL_FONT;
    c.textBaseline = "middle";
    c.fillText("busy, all of it", 9, height / 2);
  }

  drawProfile(c, height) {
    this.profile ??= this.busyProfile(Math.floor(this.chart.plotWidth));
    c.fillStyle = this.chart.colour.run;
    c.beginPath();
    this.profile.forEach((share, i) => {
      const tall = share * (height - 6);
      if (share > 0) c.rect(NAMES_WIDTH + i, height - 2 - tall, 1, tall);
    });
    c.fill();
  }

  drawWindow(c, scale, height) {
    const {chart} = this;
    const from = NAMES_WIDTH + Math.max(0, chart.from) * scale;
    const to = NAMES_WIDTH + Math.min(chart.recording.total, chart.to) * scale;
    c.globalAlpha = 0.5;
    c.fillStyle = chart.colour.paper;
    c.fillRect(NAMES_WIDTH, 0, from - NAMES_WIDTH, height);
    c.fillRect(to, 0, chart.width - to, height);
    c.globalAlpha = 1;
    c.strokeStyle = chart.colour.focus;
    c.lineWidth = 1.5;
    c.strokeRect(from, 1, Math.max(to - from, 2), height - 2);
  }

  busyProfile(columns) {
    const {recording} = this.chart, step = recording.total / columns;
    const profile = new Float64Array(columns);
    for (const track of recording.tracks) {
      if (track.kind !== "task" || track.start.length === 0) continue;
      let before = 0, at = 0;
      for (let i = 0; i < columns; i++) {
        const time = (i + 1) * step;
        if (time < track.start[0]) continue;
        at = lastNotAfterFrom(track.start, time, at);
        const busy = recording.busyBefore(track, time, at);
        profile[i] += (busy - before) / step;
        before = busy;
      }
    }
    return profile.map((share) => share > 0 ? Math.min(Math.max(share, 0.05), 1) : 0);
  }
}
