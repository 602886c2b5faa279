// "Where did the password go?": every request that left the bot, as it leaves.

import { sandbox } from "./api.js";
import { time } from "./dates.js";
import { showDetail } from "./detail.js";
import { h, icon } from "./dom.js";
import { on, state } from "./store.js";

const MARKS = {
  made: "Azure made the password",
  delivered: "Tower got the password",
  leaked: "The password leaked",
};

// On a phone there is no room for what the dot's colour says, too.
function named(service) {
  const [, kind, name] = /^(Registry )?(.*)$/.exec(service);
  return [kind && h("span", { class: "to-kind" }, kind), h("span", { class: "to-name" }, name)];
}

function row(one) {
  // The bot looks before it writes: what is not there yet is no trouble.
  const absent = one.status === 404 && one.method === "GET";
  const bad = one.error || (one.status >= 400 && !absent);
  const answer = one.error ? one.error : String(one.status === 599 ? "cut" : one.status);
  return h(
    "tr",
    { class: one.password ? `marked marked-${one.password}` : null, "data-number": one.number },
    h("td", { class: "col-time" }, time(one.at, { second: "2-digit", hour12: false })),
    h("td", { class: "col-to" }, h("span", { class: `to to-${one.family}` }, named(one.service))),
    h(
      "td",
      { class: "col-what" },
      h(
        "button",
        { type: "button", class: "what", onclick: () => showDetail(one.number) },
        one.password && h("span", { class: "mark" }, icon("key"), MARKS[one.password]),
        h("span", {}, one.purpose),
      ),
    ),
    h("td", { class: "col-path" }, h("span", { class: "path", title: `${one.method} ${one.path}` }, h("b", {}, one.method), " ", short(one.path))),
    h("td", { class: "col-ms" }, one.took_ms < 1000 ? `${one.took_ms} ms` : `${(one.took_ms / 1000).toFixed(1)} s`),
    h("td", { class: `col-status${bad ? " bad" : ""}` }, answer),
  );
}

function short(path) {
  return path.replace(/\?.*$/, "").replace(/^.*\/registries\//, "…/");
}

export class Traffic {
  constructor(node) {
    this.verdict = h("p", { class: "verdict", role: "status" });
    this.flow = h("ol", { class: "flow", "aria-label": "The password's way" });
    this.body = h("tbody");
    this.scroll = h("div", { class: "rows", tabindex: 0, role: "region", "aria-label": "Requests of the bot" }, this.table());
    this.only = h("input", { type: "checkbox", onchange: () => this.node.classList.toggle("only-marked", this.only.checked) });
    this.swept = h("p", { class: "swept", role: "status" });
    this.sweepButton = h("button", { type: "button", class: "button", onclick: () => this.sweep() }, "Search everything");
    this.node = node;
    node.replaceChildren(
      h(
        "div",
        { class: "traffic-side" },
        h("h2", { id: "traffic-title" }, icon("key"), "Where did the password go?"),
        this.verdict,
        this.flow,
        h("div", { class: "sweep" }, this.sweepButton, h("label", { class: "switch-line" }, this.only, "Password only")),
        this.swept,
      ),
      this.scroll,
    );
    this.number = 0;
    on("snapshot", () => this.again());
    on("traffic", () => this.draw());
    this.again();
  }

  table() {
    const heads = ["Time", "To", "What for", "Request", "Took", "Answer"];
    return h("table", {}, h("caption", { class: "sr" }, "Requests that left the bot, newest last"), h("thead", {}, h("tr", {}, heads.map((one) => h("th", { scope: "col" }, one)))), this.body);
  }

  again() {
    this.body.replaceChildren();
    this.number = 0;
    this.draw();
  }

  draw() {
    const { scroll, body } = this;
    const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60 || !this.number;
    body.append(...state.rows.slice(this.number).map(row));
    this.number = state.rows.length;
    this.verdict.textContent = state.tally.verdict;
    this.verdict.classList.toggle("bad", state.tally.leaks.length > 0);
    this.drawFlow();
    if (atEnd) scroll.scrollTop = scroll.scrollHeight;
  }

  drawFlow() {
    const { made, delivered, leaks } = state.tally;
    const step = (mark, label, count) =>
      h("li", {}, h("button", { type: "button", class: count ? "done" : null, disabled: !count, onclick: () => this.jump(mark) }, h("span", { class: "flow-count" }, String(count)), label));
    const sign = JSON.stringify([made, delivered, leaks]);
    if (this.flow.dataset.sign === sign) return;
    this.flow.dataset.sign = sign;
    this.flow.replaceChildren(
      step("made", "made by Azure", made),
      step("delivered", "delivered to Tower", delivered),
      h("li", { class: leaks.length ? "bad" : made ? "clean" : null }, h("span", { class: "flow-count" }, String(leaks.length)), "anywhere else"),
    );
  }

  jump(mark) {
    const found = this.body.querySelector(`.marked-${mark} .what`);
    found?.scrollIntoView({ block: "center" });
    found?.focus({ preventScroll: true });
  }

  async sweep() {
    this.sweepButton.disabled = true;
    this.swept.textContent = "Searching…";
    const found = await sandbox("sweep");
    this.sweepButton.disabled = false;
    if (!found) return void (this.swept.textContent = "");
    const where = `${found.exchanges} requests and answers, ${found.keys} Redis keys, ${found.commands} Redis commands, ${Math.round(found.log_bytes / 1024)} kB of logs, and the bot's files and pages`;
    const verdict = found.findings.length ? `Found: ${found.findings.join("; ")}` : "None is where it must not be.";
    this.swept.classList.toggle("bad", found.findings.length > 0);
    this.swept.textContent = `Looked for ${found.secrets} secrets, whole and in pieces, plain and encoded, in ${where}. ${verdict}`;
    this.swept.scrollIntoView({ block: "nearest" });
    return undefined;
  }
}
