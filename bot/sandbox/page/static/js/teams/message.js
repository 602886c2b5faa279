// One message in Teams as its reader sees it.

import { full, time } from "../dates.js";
import { h, icon } from "../dom.js";
import { avatar } from "../message.js";
import { card, typed } from "./card.js";
import { person as known } from "./store.js";

export function signature(client, message) {
  const notice = client.teams.notices.get(`${client.person}/${message.id}`);
  return JSON.stringify([message.text, message.edited, message.views[client.person] ?? message.card, notice]);
}

// A mention is written as a tag; it is a name, and nothing else of the text is markup.
function spoken(text) {
  return text.split(/<at[^>]*>(.*?)<\/at>/i).map((part, index) => (index % 2 ? h("span", { class: "mention" }, part) : part));
}

function body(client, message) {
  const shown = message.views[client.person] ?? message.card;
  if (!shown.type) return [];
  const drawn = card(shown, {
    search: () => Promise.resolve([]),
    press: async (button, fields) => {
      const outcome = await client.deed("press", { where: message.where, message: message.id, button, typed: typed(fields) });
      if (outcome) drawn.fail(outcome.errors);
    },
  });
  return [drawn.node];
}

export function messageItem(client, message, { reply = false } = {}) {
  const bot = message.by === "bot";
  const name = bot ? client.bot : (known(client.teams, message.by)?.name ?? "Somebody");
  const notice = client.teams.notices.get(`${client.person}/${message.id}`);
  const when = h("time", { class: "when", datetime: new Date(message.at * 1000).toISOString(), title: full(message.at) }, time(message.at));
  return h(
    "li",
    { class: `message teams-message${reply ? " teams-reply" : ""}`, tabindex: -1 },
    avatar(name, bot),
    h(
      "div",
      { class: "message-main" },
      h("div", { class: "message-head" }, h("span", { class: "author" }, name), bot && h("span", { class: "app-tag" }, "App"), when, message.edited && h("span", { class: "edited" }, "Edited")),
      message.text && h("p", { class: "text" }, spoken(message.text)),
      body(client, message),
      notice && h("p", { class: "ac-told", role: "status" }, icon("eye"), h("span", {}, notice)),
    ),
  );
}
