// A button's own question before it acts.

import { h, uid } from "./dom.js";
import { open } from "./layer.js";
import { textObject } from "./mrkdwn.js";

// Resolves to whether the person said yes.
export function askFirst(question, near) {
  return new Promise((resolve) => {
    const title = uid("confirm-title");
    const text = uid("confirm-text");
    let answer = false;
    const no = h("button", { type: "button", class: "button" }, textObject(question.deny));
    const danger = question.style === "danger" ? "button-danger" : "button-primary";
    const yes = h("button", { type: "button", class: `button ${danger}` }, textObject(question.confirm));
    const box = h(
      "div",
      { class: "dialog dialog-small", role: "alertdialog", "aria-modal": "true", "aria-labelledby": title, "aria-describedby": text },
      h("div", { class: "dialog-head" }, h("h2", { id: title }, textObject(question.title))),
      h("div", { class: "dialog-body", id: text }, textObject(question.text)),
      h("div", { class: "dialog-foot" }, no, yes),
    );
    const layer = open(box, { near, first: no, escape: () => layer.close(), closed: () => resolve(answer) });
    no.addEventListener("click", () => layer.close());
    yes.addEventListener("click", () => {
      answer = true;
      layer.close();
    });
  });
}
