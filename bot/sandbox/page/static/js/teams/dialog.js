// A dialog over one person's Teams: the bot's card, or its last word.

import { h, icon, uid } from "../dom.js";
import { open } from "../layer.js";
import { card, typed } from "./card.js";

export class Dialog {
  constructor(client) {
    this.client = client;
    this.layer = null;
    this.sign = null;
  }

  show(window) {
    if (!window) return this.leave();
    if (!this.layer) this.build();
    this.title.textContent = window.title;
    const sign = JSON.stringify([window.card, window.told]);
    if (sign !== this.sign) {
      this.sign = sign;
      this.draw(window);
    }
    return this.fail?.(window.problems);
  }

  leave() {
    this.sign = null;
    this.layer?.close();
    this.layer = null;
  }

  build() {
    const id = uid("dialog-title");
    this.title = h("h2", { id, tabindex: -1 });
    this.body = h("div", { class: "dialog-body" });
    const cross = h("button", { type: "button", class: "plain-button", "aria-label": "Close", onclick: () => this.close() }, icon("cross"));
    this.box = h(
      "div",
      { class: "dialog", role: "dialog", "aria-modal": "true", "aria-labelledby": id },
      h("div", { class: "dialog-head" }, h("span", { class: "app-badge" }, icon("bot")), this.title, cross),
      h("div", { class: "dialog-scroll", tabindex: -1 }, this.body),
    );
    this.layer = open(this.box, { near: this.client.client, first: this.title, escape: () => this.close() });
  }

  draw(window) {
    this.fail = null;
    if (window.told !== null) {
      const done = h("button", { type: "button", class: "button", onclick: () => this.close() }, "Close");
      this.body.replaceChildren(h("p", { class: "ac-text", role: "status" }, window.told), h("div", { class: "actions" }, done));
      return done.focus();
    }
    const again = this.body.contains(document.activeElement);
    const drawn = card(filledIn(window.card, window.typed), {
      search: (field, text) => this.client.deed("search", { field, text }).then((found) => found?.options ?? []),
      press: (_, fields) => this.submit(fields),
    });
    this.fail = drawn.fail;
    this.body.replaceChildren(drawn.node);
    const first = drawn.node.querySelector("input, textarea, select");
    return (again ? this.title : first)?.focus();
  }

  async submit(fields) {
    this.box.setAttribute("aria-busy", "true");
    const outcome = await this.client.deed("submit", { typed: typed(fields) });
    this.box.removeAttribute("aria-busy");
    if (outcome) this.fail?.(outcome.errors);
    if (outcome?.notice) this.client.tell(outcome.notice);
  }

  close() {
    return this.client.deed("close");
  }
}

// A card of the bot's holds what was typed already; a choice that was searched for is none of its own.
function filledIn(shown, values) {
  const body = (shown.body ?? []).map((one) => (one.id in values && one.value === undefined ? { ...one, value: values[one.id] } : one));
  return { ...shown, body };
}
