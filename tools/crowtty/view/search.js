// SPDX-License-Identifier: MIT OR Apache-2.0
// The search field and its results.

const MOST_SHOWN = 300;

class Search {
  constructor(recording, log, goTo) {
    this.recording = recording;
    this.log = log;
    this.goTo = goTo;
    this.hits = [];
    this.at = -1;
    const query = $("query"), list = $("hits");
    query.oninput = () => this.find(query.value);
    query.onfocus = () => {
      list.hidden = this.hits.length === 0;
    };
    query.onkeydown = (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      list.querySelector("button")?.focus();
    };
    $("search").onsubmit = (event) => {
      event.preventDefault();
      this.step(1);
    };
  }

  find(query) {
    this.hits = this.recording.search(query);
    this.at = -1;
    const list = $("hits"), found = this.hits.length;
    list.replaceChildren(
        ...this.hits.slice(0, MOST_SHOWN)
            .map((hit, i) => element("li", {}, button(this.text(hit), () => this.choose(i)))));
    list.hidden = found === 0;
    $("count").textContent = found ? `${found} found` : query.trim() ? "nothing" : "";
  }

  text(hit) {
    const {recording} = this;
    switch (hit.kind) {
      case "task":
        return `task  ${recording.tracks[hit.track].label}`;
      case "service":
        return `service  ${recording.service(hit.service)}`;
      case "message":
        return recording.messageText(hit.message);
      case "span":
        return `span  ${recording.spanText(hit.span)}`;
      default:
        return `log  ${this.log.text(hit.log)}`;
    }
  }

  step(by) {
    this.choose(this.at + by);
  }

  choose(i) {
    if (this.hits.length === 0) return;
    this.at = (i + this.hits.length) % this.hits.length;
    $("count").textContent = `${this.at + 1} of ${this.hits.length}`;
    $("hits").hidden = true;
    this.goTo(this.hits[this.at]);
  }
}
