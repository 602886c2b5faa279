// A column's Teams: the same person at another client, behind the switch of the column's Slack.

import { h, icon, reconcile, sr } from "../dom.js";
import { giveBack, held } from "../focus.js";
import { avatar } from "../message.js";
import { on, state } from "../store.js";
import { toast } from "../toast.js";
import { post } from "./deeds.js";
import { Dialog } from "./dialog.js";
import { messageItem, signature } from "./message.js";
import { conversation, person as known } from "./store.js";

const NEAR_PX = 80;

export class Teams {
  constructor(number, slack) {
    this.id = `teams-${number}`;
    this.slack = slack;
    this.build();
    this.dialog = new Dialog(this);
    this.become(state.teams.people.find((one) => one.slack === slack.person) ?? state.teams.people[0]);
    this.offs = [on("teams", (change) => this.hear(change)), on("snapshot", () => this.show())];
  }

  get teams() {
    return state.teams;
  }

  get bot() {
    return state.team.app.name;
  }

  build() {
    this.title = h("h2", { class: "sr" });
    this.face = h("span", { class: "who-face" });
    this.about = h("span", { class: "who-about" });
    const option = (one) => h("option", { value: one.id }, one.name);
    this.who = h("select", { class: "who-select", "aria-label": "Whose Teams this is", onchange: () => this.become(known(this.teams, this.who.value)) }, this.teams.people.map(option));
    this.nav = h("nav", { class: "rail" });
    this.list = h("ol", { class: "messages", tabindex: 0 });
    this.head = h("h2", { class: "pane-title", tabindex: -1 });
    this.foot = h("div");
    this.live = h("div", { class: "sr", role: "status", "aria-live": "polite" });
    const pane = h("div", { class: "pane" }, h("div", { class: "pane-head" }, this.head), this.list, this.foot);
    this.client = h("div", { class: "client" }, this.nav, pane);
    this.back = h("button", { type: "button", class: "button button-small platform" }, "Slack");
    const names = h("div", { class: "who-names" }, this.who, this.about);
    this.node = h("section", { class: "slack teams", id: this.id, tabindex: -1, hidden: true }, h("div", { class: "who" }, this.title, this.face, names, this.back), this.client, this.live);
  }

  off() {
    this.offs.forEach((off) => off());
  }

  become(person) {
    this.dialog.leave();
    this.person = person.id;
    this.who.value = person.id;
    this.face.replaceChildren(avatar(person.name));
    this.about.textContent = person.about;
    this.title.textContent = `${person.name}'s Teams`;
    this.node.setAttribute("aria-label", `${person.name}'s Teams`);
    this.nav.setAttribute("aria-label", `${person.name}'s conversations`);
    const mine = this.conversations().filter((one) => !one.personal);
    this.place = (person.about.startsWith("approves") ? mine.at(-1) : mine[0])?.id ?? this.conversations()[0].id;
    this.replying = null;
    this.show();
  }

  conversations() {
    return this.teams.conversations.filter((one) => one.members.includes(this.person));
  }

  deed(name, body = {}) {
    return post(this.person, name, body);
  }

  tell(words) {
    toast(words, "bad");
    this.say(words);
  }

  say(words) {
    this.live.textContent = words;
  }

  go(place) {
    this.place = place;
    this.replying = null;
    this.show();
  }

  hear(change) {
    this.show();
    const { notice, message } = change;
    if (notice?.user === this.person) {
      this.say(notice.text);
      if (!notice.id) toast(notice.text, "bad");
    }
    if (message?.where === this.place && message.by === "bot" && !message.edited) this.say(`${this.bot} wrote.`);
  }

  show() {
    this.drawRail();
    this.drawPane();
    this.drawFoot();
    if (!this.node.hidden) this.dialog.show(this.teams.windows[this.person]);
  }

  drawRail() {
    const focused = this.nav.contains(document.activeElement) ? document.activeElement.dataset.place : null;
    const personal = this.conversations().filter((one) => one.personal);
    const channels = this.conversations().filter((one) => !one.personal);
    const compose = () => this.deed("compose", { where: this.place });
    this.nav.replaceChildren(
      h("h3", { class: "rail-title" }, "Chat"),
      h("ul", {}, personal.map((one) => this.railItem(one, "bot", this.bot))),
      h("h3", { class: "rail-title" }, "Channels"),
      h("ul", {}, channels.map((one) => this.railItem(one, "hash", one.name))),
      h("h3", { class: "rail-title" }, "Apps"),
      h("ul", {}, h("li", {}, h("button", { type: "button", class: "rail-item", "data-place": "compose", onclick: compose }, icon("play"), h("span", { class: "rail-name" }, "Registry credential")))),
    );
    if (focused) this.nav.querySelector(`[data-place="${focused}"]`)?.focus();
  }

  railItem({ id }, sign, name) {
    const props = { type: "button", class: "rail-item", "data-place": id, "aria-current": id === this.place ? "page" : null, onclick: () => this.go(id) };
    return h("li", {}, h("button", props, icon(sign), h("span", { class: "rail-name", title: name }, name)));
  }

  get here() {
    return this.teams.conversations.find((one) => one.id === this.place);
  }

  drawPane() {
    const { personal, name } = this.here;
    this.head.replaceChildren(icon(personal ? "bot" : "hash"), personal ? this.bot : name);
    this.list.setAttribute("aria-label", personal ? `Chat with ${this.bot}` : `Posts in ${name}`);
    const changed = this.list.dataset.place !== `${this.person}/${this.place}`;
    const atEnd = changed || this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR_PX;
    const part = held(this.list);
    const focused = part && document.activeElement.closest("li")?.dataset.key;
    const rows = conversation(this.teams, this.place).flatMap(({ post: root, replies }) => this.rows(root, replies, personal));
    const empty = { key: "empty", sign: this.place, build: () => h("li", { class: "empty" }, `Write “registry” to ${this.bot} to ask for a credential.`) };
    reconcile(this.list, rows.length ? rows : [empty]);
    this.list.dataset.place = `${this.person}/${this.place}`;
    if (focused) giveBack(part, this.list.querySelector(`[data-key="${CSS.escape(focused)}"]`));
    if (atEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  rows(root, replies, personal) {
    const row = (message, options) => ({
      key: `${this.person}/${message.id}`,
      sign: signature(this, message),
      build: () => messageItem(this, message, options),
    });
    const thread = [row(root), ...replies.map((one) => row(one, { reply: true }))];
    if (personal) return thread;
    const start = () => {
      this.replying = root.id;
      this.drawFoot();
      this.input.focus();
    };
    const button = () => h("li", { class: "teams-reply teams-again" }, h("button", { type: "button", class: "thread-link", onclick: start }, icon("reply"), "Reply", sr(` to the post of ${time(root)}`)));
    return [...thread, { key: `reply-${root.id}`, sign: "", build: button }];
  }

  drawFoot() {
    const { personal, name } = this.here;
    const sign = `${this.person}/${this.place}/${this.replying}`;
    if (this.foot.dataset.sign === sign) return;
    this.foot.dataset.sign = sign;
    const where = personal ? this.bot : this.replying ? `${this.bot} in this thread` : `${this.bot} in ${name}`;
    const label = `Write to ${where}`;
    this.input = h("input", { class: "composer-input", type: "text", "aria-label": label, placeholder: label, autocomplete: "off" });
    const send = h("button", { type: "submit", class: "plain-button send" }, icon("send"), sr("Send"));
    const form = h("form", { class: "composer" }, this.input, send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.write();
    });
    this.foot.replaceChildren(form);
  }

  async write() {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    await this.deed("say", { where: this.place, text, thread: this.replying });
  }
}

function time({ at }) {
  return new Date(at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

// Puts a switch into a column's Slack, and the Teams of the same person behind it.
export function beside(slack, number) {
  if (!state.teams) return null;
  const teams = new Teams(number, slack);
  const turn = h("button", { type: "button", class: "button button-small platform" }, "Teams");
  const show = (there) => {
    slack.node.hidden = there;
    teams.node.hidden = !there;
    (there ? teams : slack).show();
    (there ? teams.back : turn).focus();
  };
  turn.addEventListener("click", () => {
    const twin = state.teams.people.find((one) => one.slack === slack.person);
    if (twin && twin.id !== teams.person) teams.become(twin);
    show(true);
  });
  teams.back.addEventListener("click", () => show(false));
  slack.node.querySelector(".who").append(turn);
  slack.node.after(teams.node);
  return teams;
}
