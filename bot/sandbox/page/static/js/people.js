// One column: a small Slack as one person has it open.

import { deed } from "./api.js";
import { h, icon, sr } from "./dom.js";
import { avatar } from "./message.js";
import { Modal } from "./modal.js";
import { spoken } from "./mrkdwn.js";
import { Pane } from "./pane.js";
import { on, person as known, state, unread } from "./store.js";
import { Thread } from "./thread.js";
import { toast } from "./toast.js";

const APP = "app";
const SPOKEN = 160; // characters

export class Slack {
  constructor(number, first, others) {
    this.id = `slack-${number}`;
    this.others = others; // people in the other columns
    const kept = JSON.parse(sessionStorage.getItem(this.id) ?? "null");
    this.person = kept?.person ?? first;
    this.place = kept?.place ?? null;
    this.tab = kept?.tab ?? "messages";
    this.thread = kept?.thread ?? null;
    this.pane = new Pane(this);
    this.threadPane = new Thread(this);
    this.modal = new Modal(this);
    this.build();
    this.listen();
    this.settle();
    this.show();
    this.modal.show(state.modals[this.person]);
  }

  build() {
    this.who = h("select", { class: "who-select", "aria-label": "Whose Slack this is", onchange: () => this.become(this.who.value) });
    this.title = h("h2", { class: "sr" });
    this.face = h("span", { class: "who-face" });
    this.about = h("span", { class: "who-about" });
    this.nav = h("nav", { class: "rail" });
    this.client = h("div", { class: "client" }, this.nav, this.pane.node, this.threadPane.node);
    this.live = h("div", { class: "sr", role: "status", "aria-live": "polite" });
    const reload = h("button", { type: "button", class: "plain-button", title: "Reload this Slack: what only you can see goes away", onclick: () => this.reload() }, h("span", { class: "reload", "aria-hidden": "true" }, "⟳"), sr("Reload this Slack"));
    this.node = h(
      "section",
      { class: "slack", id: this.id, tabindex: -1 },
      h("div", { class: "who" }, this.title, this.face, h("div", { class: "who-names" }, this.who, this.about), reload),
      this.client,
      this.live,
    );
  }

  listen() {
    const redraw = () => this.show();
    const offs = ["channels", "read", "message_gone", "stage"].map((topic) => on(topic, redraw));
    offs.push(on("snapshot", () => this.restart()));
    offs.push(on("message", (message) => this.hear(message)));
    offs.push(on("notice", (notice) => this.hearNotice(notice)));
    offs.push(on("modal", ({ user, view }) => user === this.person && this.modal.show(view)));
    offs.push(on("home", ({ user }) => user === this.person && this.show()));
    offs.push(on("people", () => this.drawWho()));
    const seen = () => this.show();
    document.addEventListener("visibilitychange", seen);
    this.off = () => {
      offs.forEach((off) => off());
      document.removeEventListener("visibilitychange", seen);
    };
  }

  get inApp() {
    return this.place === APP;
  }

  get channelId() {
    return this.inApp ? state.channels.find((one) => one.user === this.person)?.id : this.place;
  }

  get visible() {
    return this.node.isConnected && this.node.offsetParent !== null;
  }

  channels() {
    return state.channels.filter((one) => !one.user && one.members.includes(this.person));
  }

  // Stand somewhere that exists for this person.
  settle() {
    if (this.inApp) return;
    const mine = this.channels();
    if (mine.some((one) => one.id === this.place)) return;
    const approves = known(this.person)?.about === "approves";
    const first = approves ? mine.find((one) => one.private) : mine[0];
    this.place = (first ?? mine[0])?.id ?? APP;
    this.thread = null;
  }

  restart() {
    this.settle();
    this.pane.key = null;
    this.threadPane.key = null;
    this.show();
    this.modal.show(state.modals[this.person]);
  }

  become(person) {
    this.modal.leave();
    Object.assign(this, { person, place: null, thread: null, tab: "messages" });
    this.restart();
    document.dispatchEvent(new CustomEvent("people"));
  }

  go(place, tab = null) {
    this.place = place;
    this.tab = tab ?? (state.team.app.home ? "home" : "messages");
    this.thread = null;
    this.show();
  }

  openThread(message) {
    this.thread = { channel: message.channel, ts: message.ts };
    this.show();
    this.threadPane.title.focus({ preventScroll: true });
  }

  closeThread() {
    const { ts } = this.thread;
    this.thread = null;
    this.show();
    const root = this.pane.node.querySelector(`[data-key="${ts}"]`);
    (root?.querySelector(".thread-link") ?? root)?.focus({ preventScroll: true });
  }

  async reload() {
    await deed(this.person, "reload");
    state.notices = state.notices.filter((one) => one.user !== this.person);
    this.show();
  }

  show() {
    if (!state.ready) return;
    const name = state.names[this.person];
    this.node.setAttribute("aria-label", `${name}'s Slack`);
    this.title.textContent = `${name}'s Slack`;
    this.node.dataset.person = this.person;
    this.node.classList.toggle("with-thread", Boolean(this.thread));
    sessionStorage.setItem(this.id, JSON.stringify({ person: this.person, place: this.place, tab: this.tab, thread: this.thread }));
    this.drawWho();
    this.drawRail();
    this.pane.show();
    this.threadPane.show();
  }

  drawWho() {
    const taken = this.others(this);
    const sign = JSON.stringify([this.person, taken]);
    if (this.who.dataset.sign === sign) return;
    this.who.dataset.sign = sign;
    const option = (one) => h("option", { value: one.id, disabled: taken.includes(one.id), selected: one.id === this.person }, one.name);
    this.who.replaceChildren(...state.team.people.map(option));
    this.who.value = this.person;
    this.face.replaceChildren(avatar(state.names[this.person]));
    this.about.textContent = known(this.person)?.about ?? "";
  }

  drawRail() {
    const focused = this.nav.contains(document.activeElement) ? document.activeElement.dataset.place : null;
    const name = state.names[this.person];
    this.nav.setAttribute("aria-label", `${name}'s channels`);
    const direct = state.channels.find((one) => one.user === this.person)?.id;
    this.nav.replaceChildren(
      h("h3", { class: "rail-title" }, "Channels"),
      h("ul", {}, this.channels().map((one) => this.railItem(one.id, one.private ? "lock" : "hash", one.name, unread(this.person, one.id)))),
      h("h3", { class: "rail-title" }, "Apps"),
      h("ul", {}, this.railItem(APP, "bot", state.team.app.name, direct ? unread(this.person, direct) : 0)),
      h("h3", { class: "rail-title" }, "Shortcuts"),
      h("ul", {}, state.team.app.shortcuts.map((one) => this.shortcut(one))),
    );
    if (focused) this.nav.querySelector(`[data-place="${focused}"]`)?.focus();
  }

  railItem(place, sign, name, count) {
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: `rail-item${count ? " unread" : ""}`, "data-place": place, "aria-current": place === this.place ? "page" : null, onclick: () => this.go(place) },
        icon(sign),
        h("span", { class: "rail-name", title: name }, name),
        count ? h("span", { class: "badge" }, String(count), sr(" unread")) : null,
      ),
    );
  }

  shortcut({ id, name, about }) {
    const run = () => deed(this.person, "shortcut", { callback_id: id });
    return h("li", {}, h("button", { type: "button", class: "rail-item", "data-place": id, title: about, onclick: run }, icon("play"), h("span", { class: "rail-name" }, name)));
  }

  // Long messages are announced, and read where they stand.
  say(text) {
    this.live.textContent = text.length > SPOKEN ? `${text.slice(0, SPOKEN)}…` : text;
  }

  hear(message) {
    this.show();
    const mine = !message.only_for || message.only_for === this.person;
    const there = state.channels.find((one) => one.id === message.channel);
    if (!mine || !there?.members.includes(this.person) || message.user === this.person || message.edited) return;
    this.say(`${state.names[message.user]}: ${spoken(message.text)}`);
  }

  hearNotice(notice) {
    if (notice.user !== this.person) return;
    this.show();
    this.say(`Slack: ${notice.text}`);
    if (!notice.channel && !notice.view) toast(notice.text, "bad");
  }
}
