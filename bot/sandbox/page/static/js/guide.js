// Four steps at the side: what to do, what was done, and a button that does it.

import { sandbox } from "./api.js";
import { h, icon, sr } from "./dom.js";
import { play, playing, stop } from "./play.js";
import { on, state } from "./store.js";

export class Guide {
  constructor() {
    this.steps = h("ol", { class: "steps" });
    this.all = h("button", { type: "button", class: "button button-primary", onclick: () => this.turn() });
    this.again = h("button", { type: "button", class: "button button-small", onclick: () => sandbox("guide/again") }, "Start over");
    this.live = h("p", { class: "sr", role: "status" });
    this.node = h(
      "section",
      { class: "card guide", "aria-labelledby": "guide-title" },
      h("h2", { id: "guide-title" }, "Three minutes, four steps"),
      h("p", { class: "hint" }, "Everything runs on this machine. The bot does not know that Slack, Azure, Tower and Wave are doubles."),
      this.steps,
      h("div", { class: "guide-foot" }, this.all, this.again),
      this.live,
    );
    on("snapshot", () => this.draw());
    on("guide", () => this.draw());
    document.addEventListener("play", () => this.draw());
    this.draw();
  }

  turn() {
    if (playing()) stop();
    else play(state.guide.filter((step) => !step.done).map((step) => step.id));
  }

  draw() {
    const next = state.guide.find((step) => !step.done);
    const focused = document.activeElement?.dataset?.step;
    this.steps.replaceChildren(...state.guide.map((step, index) => this.step(step, index, step === next)));
    if (focused) this.steps.querySelector(`[data-step="${focused}"]`)?.focus();
    this.all.textContent = playing() ? "Stop" : "Show me all of it";
    this.all.disabled = !playing() && !next;
    this.again.hidden = !state.guide.some((step) => step.done);
    const done = state.guide.filter((step) => step.done).length;
    const said = done ? `${done} of ${state.guide.length} steps done.` : "";
    if (this.live.textContent !== said) this.live.textContent = said;
  }

  step(step, index, current) {
    const show = h("button", { type: "button", class: "button button-small", "data-step": step.id, disabled: playing(), onclick: () => play([step.id]) }, "Show me", sr(`: ${step.title}`));
    return h(
      "li",
      { class: `step${step.done ? " done" : ""}${current ? " current" : ""}`, "aria-current": current ? "step" : null },
      h("span", { class: "step-mark", "aria-hidden": "true" }, step.done ? icon("check") : String(index + 1)),
      h("div", {}, h("h3", {}, step.title, step.done && sr(" (done)")), h("p", {}, step.text), current && show),
    );
  }
}
