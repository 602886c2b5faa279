// One message as its reader sees it.

import { deed } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { full, time } from "./dates.js";
import { h, icon, sr } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { messagesFor, state, unreadReplies } from "./store.js";

export function avatar(name, bot = false) {
  const tone = [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 5;
  return h("span", { class: `avatar tone-${bot ? "bot" : tone}`, "aria-hidden": "true" }, bot ? icon("bot") : name[0]);
}

function body(message, place) {
  const content = message.blocks.length ? renderBlocks(message.blocks, place) : [h("div", { class: "text block" }, mrkdwn(message.text))];
  const attached = message.attachments.map((one) =>
    h("div", { class: "attachment" }, one.blocks ? renderBlocks(one.blocks, place) : mrkdwn(one.text ?? one.fallback ?? "")),
  );
  return h("div", { class: "message-body" }, content, attached, message.edited && !message.blocks.length && h("span", { class: "edited" }, " (edited)"));
}

export function replies(person, message) {
  return messagesFor(person, message.channel).filter((one) => one.thread === message.ts);
}

function threadLink(person, message, openThread) {
  const all = replies(person, message);
  if (!all.length) return null;
  const fresh = unreadReplies(person, message.channel, message.ts);
  const count = all.length === 1 ? "1 reply" : `${all.length} replies`;
  return h(
    "button",
    { type: "button", class: "thread-link", onclick: () => openThread(message) },
    h("span", { class: "thread-count" }, count),
    fresh ? h("span", { class: "thread-new" }, `${fresh} new`) : null,
    h("span", { class: "thread-last" }, `Last reply ${time(Number(all.at(-1).ts))}`),
  );
}

// What a redraw depends on: the message, its thread, and the names in it.
export function signature(person, message, inThread) {
  const thread = inThread ? "" : `${replies(person, message).length}/${unreadReplies(person, message.channel, message.ts)}/${replies(person, message).at(-1)?.ts}`;
  return JSON.stringify([message, thread, state.names[message.user]]);
}

export function messageItem(person, message, { inThread = false, openThread } = {}) {
  const name = state.names[message.user] ?? message.user;
  const place = {
    click: (button) => deed(person, "click", { channel: message.channel, ts: message.ts, button }),
    select: (field, wanted) => deed(person, "select", { channel: message.channel, ts: message.ts, field, wanted }),
  };
  const at = Number(message.ts);
  const when = h("time", { class: "when", datetime: new Date(at * 1000).toISOString(), title: full(at) }, time(at));
  const reply = !inThread && !message.only_for && openThread;
  return h(
    "li",
    { class: `message${message.only_for ? " ephemeral" : ""}`, "data-ts": message.ts, tabindex: -1 },
    avatar(name, message.bot),
    h(
      "div",
      { class: "message-main" },
      message.only_for && h("div", { class: "only-you" }, icon("eye"), "Only visible to you"),
      h("div", { class: "message-head" }, h("span", { class: "author" }, name), message.bot && h("span", { class: "app-tag" }, "App"), when),
      body(message, place),
      reply && threadLink(person, message, openThread),
    ),
    reply &&
      h(
        "button",
        { type: "button", class: "plain-button reply", title: "Reply in thread", onclick: () => openThread(message) },
        icon("reply"),
        sr("Reply in thread"),
      ),
  );
}

// Slack's own words when an app fails: they stand in the channel, for one person.
export function noticeItem(notice) {
  return h(
    "li",
    { class: "message ephemeral slack-notice", tabindex: -1 },
    h("span", { class: "avatar tone-slack", "aria-hidden": "true" }, icon("warn")),
    h(
      "div",
      { class: "message-main" },
      h("div", { class: "only-you" }, icon("eye"), "Only visible to you"),
      h("div", { class: "message-head" }, h("span", { class: "author" }, "Slackbot"), h("time", { class: "when" }, time(notice.at))),
      h("div", { class: "message-body" }, h("div", { class: "text" }, notice.text)),
    ),
  );
}
