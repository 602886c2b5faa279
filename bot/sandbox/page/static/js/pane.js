// What the middle of a Slack shows: a channel, or the app with its tabs.

import { deed, read } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { Composer } from "./composer.js";
import { h, icon } from "./dom.js";
import { giveBack, held } from "./focus.js";
import { MessageList } from "./messages.js";
import { channel, messagesFor, state } from "./store.js";

export class Pane {
  constructor(slack) {
    this.slack = slack;
    this.node = h("div", { class: "pane" });
    this.key = null;
  }

  show() {
    const { person, place, tab } = this.slack;
    const key = `${person}/${place}/${tab}`;
    if (key !== this.key) {
      this.key = key;
      this.build();
    }
    this.draw();
  }

  build() {
    const { slack } = this;
    const there = channel(slack.place);
    const name = slack.inApp ? state.team.app.name : there.name;
    const sign = slack.inApp ? "bot" : there.private ? "lock" : "hash";
    const label = slack.inApp ? `Messages from ${name}` : `Messages in #${name}`;
    this.list = new MessageList(label);
    this.home = h("div", { class: "home", "aria-label": `Home of ${name}`, role: "region", tabindex: 0 });
    const head = h("div", { class: "pane-head" }, h("h2", { class: "pane-title", tabindex: -1 }, icon(sign), name), this.members(there));
    const body = slack.inApp && slack.tab === "home" ? this.home : this.list.node;
    this.node.replaceChildren(head, ...(slack.inApp ? [this.tabs()] : []), body, this.foot(name));
    if (slack.inApp) deed(slack.person, "open_home", { tab: slack.tab });
  }

  members(there) {
    if (this.slack.inApp) return h("span", { class: "pane-about" }, "App");
    const people = there.members.filter((id) => state.team.people.some((one) => one.id === id));
    return h("span", { class: "pane-about" }, `${people.length} people`);
  }

  tabs() {
    const { app } = state.team;
    const names = [["home", "Home", app.home], ["messages", "Messages", app.messages], ["about", "About", false]];
    return h(
      "div",
      { class: "app-tabs", role: "group", "aria-label": `Tabs of ${app.name}` },
      names
        .filter(([, , shown]) => shown)
        .map(([tab, label]) =>
          h(
            "button",
            { type: "button", class: "app-tab", "aria-pressed": String(this.slack.tab === tab), onclick: () => this.slack.go(this.slack.place, tab) },
            label,
          ),
        ),
    );
  }

  foot(name) {
    const { slack } = this;
    if (slack.inApp && slack.tab === "home") return h("div", { class: "pane-foot" });
    if (slack.inApp && state.team.app.read_only) {
      return h("div", { class: "composer-off" }, "Sending messages to this app has been turned off.");
    }
    if (channel(slack.place)?.archived) return h("div", { class: "composer-off" }, "This channel has been archived.");
    const label = slack.inApp ? `Message ${name}` : `Message #${name}`;
    this.composer = new Composer(() => slack.person, label, () => ({ channel: slack.channelId }));
    return this.composer.node;
  }

  draw() {
    const { slack } = this;
    if (slack.inApp && slack.tab === "home") return this.drawHome();
    const id = slack.channelId;
    const messages = id ? messagesFor(slack.person, id).filter((one) => !one.thread || one.broadcast || one.only_for) : [];
    const notices = state.notices.filter((one) => one.user === slack.person && one.channel && one.channel === id);
    const items = [...messages, ...notices].sort((one, other) => (one.at ?? Number(one.ts)) - (other.at ?? Number(other.ts)));
    const empty = slack.inApp
      ? `${state.team.app.about} Its messages to ${state.names[slack.person]} appear here.`
      : "Nothing was written here yet.";
    this.list.show(slack.person, items, { openThread: (message) => slack.openThread(message), empty });
    return this.mark(messages);
  }

  drawHome() {
    const view = state.homes[this.slack.person];
    const sign = JSON.stringify(view?.blocks ?? null);
    if (this.home.dataset.sign === sign) return;
    this.home.dataset.sign = sign;
    const place = {
      click: (button) => deed(this.slack.person, "click", { home: true, button }),
      select: (field, wanted) => deed(this.slack.person, "select", { home: true, field, wanted }),
    };
    const part = held(this.home);
    const { scrollTop } = this.home;
    this.home.replaceChildren(...(view ? renderBlocks(view.blocks, place) : [h("p", { class: "empty" }, "The app has not filled this yet.")]));
    this.home.scrollTop = scrollTop;
    giveBack(part, this.home);
  }

  // What is on the screen has been read.
  mark(messages) {
    const last = messages.at(-1)?.ts;
    const id = this.slack.channelId;
    if (!last || document.hidden || !this.slack.visible) return;
    if (last > (state.reads[this.slack.person]?.[id] ?? "")) read(this.slack.person, id, last);
  }
}
