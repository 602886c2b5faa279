// One person's window: drawn from the view, kept while the app changes it, sent with its button.

import { deed, search } from "./api.js";
import { renderBlock } from "./blocks.js";
import { h, icon, reconcile, uid } from "./dom.js";
import { open } from "./layer.js";

// What is typed lives in the view's values, so a changed initial value is no new field.
function sign(block) {
  return JSON.stringify(block, (key, value) => (key.startsWith("initial_") ? undefined : value));
}

export class Modal {
  constructor(slack) {
    this.slack = slack;
    this.view = null;
    this.fields = new Map(); // block id -> field
    this.layer = null;
  }

  get person() {
    return this.slack.person;
  }

  show(view) {
    if (!view) return this.leave();
    if (this.view && this.view.id !== view.id) this.leave();
    this.view = view;
    if (!this.layer) this.build();
    this.draw();
    return undefined;
  }

  leave() {
    this.view = null;
    this.fields.clear();
    this.layer?.close();
    this.layer = null;
  }

  build() {
    const id = uid("modal-title");
    this.title = h("h2", { id, tabindex: -1 });
    this.trouble = h("div", { class: "notice notice-error", role: "alert", hidden: true });
    this.body = h("div", { class: "dialog-body" });
    this.foot = h("div", { class: "dialog-foot" });
    const cross = h("button", { type: "button", class: "plain-button", "aria-label": "Close", onclick: () => this.close(true) }, icon("cross"));
    this.box = h(
      "div",
      { class: "dialog", role: "dialog", "aria-modal": "true", "aria-labelledby": id },
      h("div", { class: "dialog-head" }, h("span", { class: "app-badge" }, icon("bot")), this.title, cross),
      h("div", { class: "dialog-scroll", tabindex: -1 }, this.trouble, this.body),
      this.foot,
    );
    this.layer = open(this.box, { near: this.slack.client, first: this.title, escape: () => this.close(false) });
    this.settled = false;
  }

  draw() {
    const { view } = this;
    this.title.textContent = view.title;
    this.trouble.hidden = !view.trouble;
    this.trouble.replaceChildren(icon("warn"), h("div", {}, view.trouble ?? ""));
    const blocks = view.blocks;
    reconcile(
      this.body,
      blocks.map((block) => ({ key: block.block_id, sign: sign(block), build: () => renderBlock(block, this.place()) })),
    );
    const there = new Set(blocks.map((block) => block.block_id));
    for (const block of this.fields.keys()) if (!there.has(block)) this.fields.delete(block);
    for (const [block, field] of this.fields) {
      field.show(Object.values(view.values[block] ?? {})[0]);
      field.fail(view.errors[block]);
    }
    this.drawFoot();
    // The first field of a fresh form is where typing begins; a window that loads has none yet.
    const first = [...this.fields.values()][0];
    if (!this.settled && first) {
      this.settled = true;
      if (document.activeElement === this.title) first.control.focus();
    }
  }

  drawFoot() {
    const { submit, close } = this.view;
    const key = JSON.stringify([submit, close]);
    if (this.foot.dataset.key === key) return;
    this.foot.dataset.key = key;
    this.foot.replaceChildren(
      h("button", { type: "button", class: "button", onclick: () => this.close(false) }, close || "Close"),
      ...(submit ? [h("button", { type: "button", class: "button button-primary", onclick: () => this.submit() }, submit)] : []),
    );
  }

  place() {
    return {
      click: (button) => deed(this.person, "click", { button }),
      select: (field, wanted) => deed(this.person, "choose", { field, wanted }),
      field: (block) => this.fieldPlace(block),
    };
  }

  fieldPlace(block) {
    const field = `${block.block_id}/${block.element.action_id}`;
    return {
      optional: block.optional,
      dispatches: block.dispatch_action,
      register: (made) => this.fields.set(block.block_id, made),
      edited: () => this.fields.get(block.block_id)?.fail(null),
      type: (text, enter) => deed(this.person, "type", { field, text, enter }),
      choose: (wanted) => deed(this.person, "choose", { field, wanted }),
      search: (text) => search(this.person, field, text).then((found) => found.options, () => []),
      submit: () => this.submit(),
    };
  }

  async submit() {
    if (!this.view?.submit || this.box.getAttribute("aria-busy") === "true") return;
    const { box } = this;
    const button = this.foot.lastElementChild;
    box.setAttribute("aria-busy", "true");
    button.disabled = true;
    for (const field of this.fields.values()) field.flush();
    const reaction = await deed(this.person, "submit");
    box.removeAttribute("aria-busy");
    button.disabled = false;
    if (this.box === box && reaction && Object.keys(reaction.errors).length) this.focusError();
    else if (this.box === box && document.activeElement === document.body) button.focus();
  }

  focusError() {
    // The errors themselves come with the stream, which may be a moment behind the answer.
    setTimeout(() => {
      const wrong = [...this.fields.values()].find((field) => field.control.getAttribute("aria-invalid") === "true");
      wrong?.control.focus();
    }, 30);
  }

  async close(everything) {
    if (this.view) await deed(this.person, "close", { everything });
  }
}
