// A thread beside its channel, or over it where there is no room.

import { read } from "./api.js";
import { Composer } from "./composer.js";
import { h, icon } from "./dom.js";
import { MessageList } from "./messages.js";
import { channel, messagesFor, state } from "./store.js";

export class Thread {
  constructor(slack) {
    this.slack = slack;
    this.node = h("aside", { class: "thread", "aria-label": "Thread", hidden: true });
    this.key = null;
  }

  show() {
    const { person, thread } = this.slack;
    const key = thread && `${person}/${thread.channel}/${thread.ts}`;
    this.node.hidden = !thread;
    if (key !== this.key) {
      this.key = key;
      if (thread) this.build();
    }
    if (thread) this.draw();
  }

  build() {
    const { slack } = this;
    const there = channel(slack.thread.channel);
    const name = there?.user ? state.team.app.name : `#${there?.name}`;
    this.list = new MessageList(`Thread in ${name}`);
    this.title = h("h2", { class: "pane-title", tabindex: -1 }, "Thread");
    const close = h("button", { type: "button", class: "plain-button", "aria-label": "Close thread", onclick: () => slack.closeThread() }, icon("cross"));
    const closed = there?.archived || (there?.user && state.team.app.read_only);
    const composer = new Composer(() => slack.person, "Reply in thread", () => ({ channel: slack.thread.channel, thread: slack.thread.ts }));
    this.node.replaceChildren(
      h("div", { class: "pane-head" }, this.title, h("span", { class: "pane-about" }, name), close),
      this.list.node,
      closed ? h("div", { class: "composer-off" }, "Replies are turned off here.") : composer.node,
    );
    this.node.onkeydown = (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      slack.closeThread();
    };
  }

  draw() {
    const { person, thread } = this.slack;
    const messages = messagesFor(person, thread.channel).filter((one) => one.ts === thread.ts || one.thread === thread.ts);
    this.list.show(person, messages, { inThread: true, empty: "The message that this thread was about is gone." });
    const last = messages.at(-1)?.ts;
    const where = `${thread.channel}/${thread.ts}`;
    if (last && !document.hidden && this.slack.visible && last > (state.reads[person]?.[where] ?? "")) read(person, where, last);
  }
}
