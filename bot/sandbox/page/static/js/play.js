// "Show me": does at the page what a person would do, slowly enough to follow.

import { state } from "./store.js";
import { toast } from "./toast.js";

const PAUSE_MS = 650;
const KEY_MS = 45;
const PATIENCE_MS = 60_000;

let turn = 0; // 0: nothing is played
let last = 0;

class Stopped extends Error {}

export function playing() {
  return turn !== 0;
}

export function stop() {
  turn = 0;
  document.querySelectorAll(".spotlight").forEach((node) => node.classList.remove("spotlight"));
  document.dispatchEvent(new CustomEvent("play"));
}

function wait(ms) {
  const mine = turn;
  return new Promise((resolve, reject) => {
    setTimeout(() => (turn === mine ? resolve() : reject(new Stopped())), ms);
  });
}

async function until(find, what) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = find();
    if (found) return found;
    if (Date.now() > end) throw new Error(`This did not come: ${what}.`);
    await wait(80);
  }
}

async function point(node) {
  document.querySelectorAll(".spotlight").forEach((other) => other.classList.remove("spotlight"));
  node.classList.add("spotlight");
  node.scrollIntoView({ block: "nearest", behavior: "smooth" });
  await wait(PAUSE_MS);
}

async function press(node) {
  await point(node);
  node.focus();
  node.click();
}

async function write(input, text) {
  await point(input);
  input.focus();
  input.value = "";
  for (const letter of text) {
    input.value += letter;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await wait(KEY_MS);
  }
}

function enter(input) {
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
}

function button(root, text) {
  return [...root.querySelectorAll("button:not([disabled])")].filter((one) => one.textContent.trim() === text && !one.closest("[inert]")).at(-1);
}

// The Slack of somebody, standing in a channel; switched to them if nobody has it open.
async function slack(name, channelName) {
  const person = state.team.people.find((one) => one.name === name);
  const open = [...document.querySelectorAll(".slack")];
  let node = open.find((one) => one.dataset.person === person.id);
  if (!node) {
    node = open[name === "Ana" ? 0 : 1];
    const select = node.querySelector(".who-select");
    select.value = person.id;
    select.dispatchEvent(new Event("change"));
    await wait(PAUSE_MS);
  }
  document.body.dataset.view = node.id;
  document.dispatchEvent(new CustomEvent("view"));
  const place = [...node.querySelectorAll(".rail-item")].find((one) => one.querySelector(".rail-name").textContent === channelName);
  // A thread of the last time may lie over the channel.
  node.querySelector('.thread:not([hidden]) [aria-label="Close thread"]')?.click();
  if (place.getAttribute("aria-current") !== "page") await press(place);
  return node;
}

function field(node, label) {
  const found = [...node.querySelectorAll(".dialog .label")].find((one) => one.firstChild.textContent === label);
  return found && document.getElementById(found.getAttribute("for"));
}

async function choose(node, label, typed, wanted) {
  const input = await until(() => field(node, label), label);
  await press(input);
  if (typed) await write(input, typed);
  const list = document.getElementById(input.getAttribute("aria-controls"));
  const found = () => [...list.querySelectorAll(".option")].find((one) => one.textContent.includes(wanted));
  await point(await until(found, wanted));
  (await until(found, wanted)).click(); // the search may have gone on meanwhile
}

// One workspace takes one credential for each registry, so the next time something else is asked for.
const WISHES = [
  ["acme/research", "align", "genomics/aligner"],
  ["acme/production", "variant-c", "genomics/variant-caller"],
  ["acme/research", "peptide", "proteomics/peptide-search"],
  ["acme/research", "rnaseq", "tutorial/rnaseq"],
];

async function ask(node, [workspace, typed, repository]) {
  const name = repository.split("/").at(-1);
  await write(field(node, "Name"), `${name}-${1 + state.rows.length}`);
  await choose(node, "Tower workspace", "", workspace);
  await choose(node, "Repository", typed, repository);
  await write(field(node, "Reason"), "Nightly RNA-seq runs");
  await wait(2 * PAUSE_MS);
  await press(button(node.querySelector(".dialog"), "Ask for it"));
  const sent = () => state.guide.find((step) => step.id === "fill").done && "sent";
  const refused = () => node.querySelector('.dialog [aria-invalid="true"]') && "refused";
  return (await until(() => sent() || refused(), "the request")) === "sent";
}

const STEPS = {
  async ask() {
    const node = await slack("Ana", "genomics");
    const input = node.querySelector(".pane .composer-input");
    await write(input, "/registry");
    await wait(PAUSE_MS);
    enter(input);
    await until(() => field(node, "Repository"), "the form");
  },

  async fill() {
    const node = await slack("Ana", "genomics").catch(() => document.querySelector(".slack"));
    if (!field(node, "Repository")) await STEPS.ask();
    for (const wish of WISHES) {
      if (await ask(node, wish)) return;
      await wait(3 * PAUSE_MS);
    }
    throw new Error("Every workspace of the demonstration has its credential. Start the sandbox anew.");
  },

  async decide() {
    const node = await slack("Ben", "registry-approvals");
    const approve = await until(() => button(node, "Approve"), "a request to approve");
    await wait(2 * PAUSE_MS);
    await press(approve);
    await until(() => state.guide.find((step) => step.id === "decide").done, "the decision");
  },

  async result() {
    const node = await slack("Ana", "genomics");
    const link = await until(() => [...node.querySelectorAll(".pane .thread-link")].at(-1), "the thread");
    await press(link);
    await until(() => state.guide.find((step) => step.id === "result").done, "the result");
    await wait(PAUSE_MS);
    await point(document.getElementById("traffic"));
  },
};

export async function play(steps) {
  if (playing()) return;
  turn = ++last;
  const mine = turn;
  document.dispatchEvent(new CustomEvent("play"));
  try {
    for (const step of steps) await STEPS[step]();
  } catch (error) {
    if (!(error instanceof Stopped)) toast(error.message, "bad");
  }
  if (turn === mine) stop();
}
