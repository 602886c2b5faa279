// Where a person writes: messages, and slash commands with a hint of what there is.

import { deed } from "./api.js";
import { h, icon, sr, uid } from "./dom.js";
import { state } from "./store.js";

export class Composer {
  // `where()` says which channel (and thread) is written to.
  constructor(person, label, where) {
    this.person = person;
    this.where = where;
    this.active = 0;
    const list = uid("commands");
    this.list = h("ul", { class: "commands", role: "listbox", id: list, "aria-label": "Commands", hidden: true });
    this.input = h("input", {
      class: "composer-input",
      type: "text",
      "aria-label": label,
      placeholder: label,
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": list,
      autocomplete: "off",
      spellcheck: "false",
    });
    const send = h("button", { type: "submit", class: "plain-button send" }, icon("send"), sr("Send"));
    this.node = h("form", { class: "composer" }, this.list, this.input, send);
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.input.addEventListener("input", () => this.suggest());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.hide());
  }

  suggestions() {
    const text = this.input.value;
    if (!text.startsWith("/") || /\s/.test(text)) return [];
    return state.team.app.commands.filter((command) => command.name.startsWith(text));
  }

  suggest() {
    this.active = 0;
    const found = this.suggestions();
    this.list.replaceChildren(
      ...found.map((command, index) =>
        h(
          "li",
          {
            role: "option",
            class: "command",
            id: `${this.list.id}-${index}`,
            "aria-selected": String(index === this.active),
            onmousedown: (event) => event.preventDefault(),
            onclick: () => this.take(command),
          },
          h("span", { class: "app-badge" }, icon("bot")),
          h("span", { class: "command-name" }, command.name),
          h("span", { class: "command-hint" }, command.hint),
          h("span", { class: "command-about" }, command.about),
        ),
      ),
    );
    this.list.hidden = !found.length;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    if (found.length) this.input.setAttribute("aria-activedescendant", `${this.list.id}-0`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  hide() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  take(command) {
    this.input.value = `${command.name} `;
    this.hide();
    this.input.focus();
  }

  key(event) {
    if (event.isComposing) return;
    if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.hide();
    } else if (event.key === "Tab" && !event.shiftKey && !this.list.hidden) {
      event.preventDefault();
      this.take(this.suggestions()[this.active]);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      // As in Slack, Enter on a command that is not written out yet completes it first.
      const [command] = this.list.hidden ? [] : this.suggestions();
      if (command && command.name !== this.input.value) this.take(command);
      else this.send();
    }
  }

  async send() {
    const text = this.input.value.trim();
    if (!text) return;
    this.hide();
    this.input.value = "";
    const { channel, thread } = this.where();
    const [word, ...rest] = text.split(/\s+/);
    const command = /^\/[a-z0-9_-]+$/i.test(word) && !thread;
    const taken = command
      ? await deed(this.person(), "command", { command: word, text: rest.join(" "), channel })
      : await deed(this.person(), "say", { channel, text: escaped(text), thread: thread ?? null });
    if (taken === null && !this.input.value) this.input.value = text;
  }
}

// What people type is text; only Slack's client makes mentions of it, and this one does not.
function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
