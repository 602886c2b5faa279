// A list of messages that follows its end, unless somebody scrolled up to read.

import { dayName } from "./dates.js";
import { h, reconcile } from "./dom.js";
import { giveBack, held } from "./focus.js";
import { messageItem, noticeItem, signature } from "./message.js";
import { now } from "./store.js";

const NEAR_PX = 80;

function day(at) {
  const date = new Date(at * 1000);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

export class MessageList {
  constructor(label) {
    this.node = h("ol", { class: "messages", "aria-label": label, tabindex: 0 });
    this.first = true;
  }

  // `items` are messages and notices of Slack's, in order of time.
  show(person, items, { inThread = false, openThread, empty } = {}) {
    const { node } = this;
    const atEnd = this.first || node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_PX;
    const part = held(node);
    const focused = part && document.activeElement.closest("li")?.dataset.key;
    const rows = [];
    let last = null;
    for (const item of items) {
      const at = item.at ?? Number(item.ts);
      if (day(at) !== last) {
        last = day(at);
        rows.push(dayRow(at));
      }
      rows.push(item.at ? noticeRow(item) : messageRow(person, item, { inThread, openThread }));
    }
    if (!rows.length && empty) rows.push({ key: "empty", sign: empty, build: () => h("li", { class: "empty" }, empty) });
    reconcile(node, rows);
    if (focused) giveBack(part, node.querySelector(`[data-key="${CSS.escape(focused)}"]`));
    if (atEnd) node.scrollTop = node.scrollHeight;
    this.first &&= !node.clientHeight; // not on the screen yet: begin at its end when it is
  }
}

function dayRow(at) {
  const key = `day-${day(at)}`;
  return { key, sign: dayName(at) + day(now()), build: () => h("li", { class: "day" }, h("span", {}, dayName(at))) };
}

function noticeRow(notice) {
  return { key: `notice-${notice.id}`, sign: "", build: () => noticeItem(notice) };
}

function messageRow(person, message, options) {
  return {
    key: message.ts,
    sign: signature(person, message, options.inThread),
    build: () => messageItem(person, message, options),
  };
}
