// Time, bad weather, and the bot's own life: what can happen around a request.

import { sandbox } from "./api.js";
import { clock } from "./dates.js";
import { h } from "./dom.js";
import { now, on, state } from "./store.js";

const HOUR_S = 3600;
const MOVES = [
  ["+1 hour", HOUR_S],
  ["+1 day", 24 * HOUR_S],
  ["+4 days", 96 * HOUR_S],
];
const BOT = {
  up: ["The bot is running", "Kill it", "kill"],
  starting: ["The bot is starting…", "Kill it", "kill"],
  stopped: ["The bot is gone", "Start it again", "start"],
};

export class Weather {
  constructor() {
    this.time = h("output", { class: "clock", "aria-label": "The sandbox's time" });
    const moves = MOVES.map(([label, seconds]) =>
      h("button", { type: "button", class: "button button-small", onclick: () => sandbox("clock", { seconds }) }, label),
    );
    this.bot = h("p", { class: "bot-state", role: "status" });
    this.botButton = h("button", { type: "button", class: "button button-small", onclick: () => this.turnBot() });
    this.switches = h("div", { class: "switches" });
    this.node = h(
      "section",
      { class: "card", "aria-labelledby": "weather-title" },
      h("h2", { id: "weather-title" }, "What if…"),
      h("div", { class: "card-row" }, h("h3", {}, "…time passes?"), this.time),
      h("div", { class: "moves", role: "group", "aria-label": "Move the clock" }, moves),
      h("p", { class: "hint" }, "Deadlines and caches of the whole sandbox follow. A request that nobody decides on expires after three days."),
      h("div", { class: "card-row" }, h("h3", {}, "…the bot dies?"), this.botButton),
      this.bot,
      h("p", { class: "hint" }, "Kill it in the middle of its work. When it is back, it goes on where it was, and makes nothing twice."),
      h("h3", {}, "…a service misbehaves?"),
      this.switches,
    );
    on("snapshot", () => this.draw());
    on("stage", () => this.draw());
    setInterval(() => this.tick(), 5000);
    this.draw();
  }

  turnBot() {
    sandbox(`bot/${BOT[state.stage.bot][2]}`);
  }

  tick() {
    this.time.textContent = clock(now());
  }

  draw() {
    this.tick();
    const [words, label] = BOT[state.stage.bot];
    this.bot.dataset.state = state.stage.bot;
    this.bot.textContent = words;
    this.botButton.textContent = label;
    document.body.dataset.bot = state.stage.bot;
    if (!this.switches.children.length) this.switches.replaceChildren(...state.stage.faults.map((one) => this.line(one)));
    state.stage.faults.forEach((one) => {
      this.switches.querySelector(`#fault-${one.id}`).setAttribute("aria-checked", String(one.on));
    });
  }

  line({ id, label, about }) {
    const button = h("button", { type: "button", class: "switch", role: "switch", id: `fault-${id}`, "aria-checked": "false", "aria-describedby": `about-${id}` }, h("span", { class: "knob", "aria-hidden": "true" }), label);
    button.addEventListener("click", () => sandbox(`faults/${id}`, { on: button.getAttribute("aria-checked") !== "true" }));
    return h("div", { class: "switch-row" }, button, h("p", { class: "hint", id: `about-${id}` }, about));
  }
}
