// Short notices that go away by themselves.

import { h, icon } from "./dom.js";

const STAYS_MS = 7000;

export function toast(text, kind = "plain") {
  const note = h("div", { class: `toast toast-${kind}` }, kind === "bad" ? icon("warn") : null, h("span", {}, text));
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), STAYS_MS);
}
