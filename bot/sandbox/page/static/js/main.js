// Puts the page together once the first snapshot is there.

import { h, icon } from "./dom.js";
import { Guide } from "./guide.js";
import { Slack } from "./people.js";
import { on, state } from "./store.js";
import { connect } from "./stream.js";
import { beside } from "./teams/client.js";
import { Traffic } from "./traffic.js";
import { Weather } from "./weather.js";

const FIRST = ["U0ANA", "U0BEN", "U0CLEO"];
const slacks = [];
const byId = (id) => document.getElementById(id);

function others(self) {
  return slacks.filter((one) => one !== self).map((one) => one.person);
}

function add(number) {
  const free = [FIRST[number - 1], ...state.team.people.map((one) => one.id)].find((id) => !slacks.some((one) => one.person === id));
  const slack = new Slack(number, free, others);
  slacks.push(slack);
  byId("stage").append(slack.node);
  slack.teams = beside(slack, number);
  slack.show();
  slack.modal.show(state.modals[slack.person]);
  document.dispatchEvent(new CustomEvent("people"));
}

function third(button) {
  const open = slacks.length < 3;
  button.setAttribute("aria-pressed", String(open));
  document.body.classList.toggle("three", open);
  if (open) return add(3);
  const gone = slacks.pop();
  gone.off();
  gone.node.remove();
  gone.teams?.off();
  gone.teams?.node.remove();
  return document.dispatchEvent(new CustomEvent("people"));
}

function themeSwitch() {
  const root = document.documentElement;
  root.dataset.theme = localStorage.getItem("theme") ?? "";
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const button = h("button", { type: "button", class: "switch", role: "switch", id: "dark" }, h("span", { class: "knob", "aria-hidden": "true" }), "Dark");
  const draw = () => button.setAttribute("aria-checked", String(dark()));
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
    draw();
  });
  system.addEventListener("change", draw);
  draw();
  return button;
}

function top() {
  const more = h("button", { type: "button", class: "button button-small", id: "third", "aria-pressed": "false", onclick: () => third(more) }, "Third person");
  const side = h("button", { type: "button", class: "button button-small", id: "side-button", "aria-expanded": "false", "aria-controls": "side", onclick: () => drawer(side) }, "Guide");
  const link = h("span", { class: "connection", role: "status" });
  on("connection", (up) => {
    link.textContent = up ? "" : "The sandbox does not answer; trying again…";
  });
  byId("top").replaceChildren(
    h("span", { class: "logo" }, icon("key")),
    h("p", { class: "brand" }, h("strong", {}, state.team.app.name), " sandbox", h("span", { class: "brand-team" }, ` · ${state.team.name}`)),
    link,
    h("div", { class: "top-tools" }, more, side, themeSwitch()),
  );
}

function drawer(button) {
  const open = document.body.classList.toggle("side-open");
  button.setAttribute("aria-expanded", String(open));
  if (open) byId("side").focus();
}

function tabs() {
  const names = () => [
    ["slack-1", state.names[slacks[0].person]],
    ["slack-2", state.names[slacks[1].person]],
    ["side", "Guide"],
    ["traffic", "Password"],
  ];
  const draw = () => {
    const { view } = document.body.dataset;
    byId("tabs").replaceChildren(
      ...names().map(([id, label]) =>
        h("button", { type: "button", "aria-current": id === view ? "true" : null, onclick: () => go(id) }, label),
      ),
    );
    slacks.forEach((one) => one.show());
  };
  const go = (id) => {
    document.body.dataset.view = id;
    draw();
    byId("tabs").querySelector('[aria-current="true"]').focus();
  };
  document.addEventListener("people", draw);
  document.addEventListener("view", draw);
  draw();
}

// What Slack refused of the app: users never see it, developers must.
function complaints() {
  const box = byId("alerts");
  let dismissed = 0;
  const draw = () => {
    const shown = [...state.complaints, ...(state.teams?.complaints ?? [])].slice(dismissed);
    box.hidden = !shown.length;
    const close = h("button", { type: "button", class: "plain-button", "aria-label": "Dismiss", onclick: dismiss }, icon("cross"));
    const title = `Slack refused what the app sent${shown.length > 1 ? ` (${shown.length} times)` : ""}`;
    box.replaceChildren(icon("warn"), h("div", { role: "alert" }, h("strong", {}, title), h("ul", {}, shown.slice(-3).map((one) => h("li", {}, one)))), close);
  };
  const dismiss = () => {
    dismissed = state.complaints.length + (state.teams?.complaints.length ?? 0);
    draw();
  };
  on("complaint", draw);
  on("teams", draw);
  on("snapshot", draw);
  draw();
}

// F6 goes from part to part, as in Slack.
function partByPart() {
  const parts = () => [...slacks.flatMap((one) => [one.node, one.teams?.node].filter(Boolean)), byId("side"), byId("traffic")].filter((one) => one.offsetParent !== null);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6" || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    const all = parts();
    const at = all.findIndex((one) => one.contains(document.activeElement));
    const next = all[(at + (event.shiftKey ? -1 : 1) + all.length) % all.length];
    const spots = [...next.querySelectorAll(".layer input, .layer button, .composer-input")];
    (spots.find((one) => one.checkVisibility({ visibilityProperty: true })) ?? next).focus();
  });
}

function start() {
  off();
  add(1);
  add(2);
  document.addEventListener("people", () => slacks.forEach((one) => one.drawWho()));
  byId("side").replaceChildren(new Guide().node, new Weather().node);
  new Traffic(byId("traffic"));
  top();
  tabs();
  complaints();
  partByPart();
  document.body.classList.add("ready");
}

const off = on("snapshot", start);
connect();
