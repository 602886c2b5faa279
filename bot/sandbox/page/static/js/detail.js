// One request, opened: what was sent and what came back, with every secret hidden by the server.

import { request } from "./api.js";
import { h, icon, uid } from "./dom.js";

const HIDDEN = /(\[[^\]\n]*hidden\])/;

function shown(text) {
  return text.split(HIDDEN).map((part, index) => (index % 2 ? h("mark", { class: "hidden-secret" }, icon("lock"), part.slice(1, -1)) : part));
}

function part(title, text) {
  if (!text) return null;
  return h("section", {}, h("h3", {}, title), h("pre", { class: "code", tabindex: 0, role: "group", "aria-label": title }, shown(text)));
}

const SAID = {
  made: "Here Azure made the password. It is in the answer, hidden on this page.",
  delivered: "Here the password went to Tower. It is in the body, hidden on this page.",
  leaked: "The password is where it must not be.",
};

export async function showDetail(number) {
  const found = await request(number);
  if (!found) return;
  const title = uid("detail");
  const close = h("button", { type: "button", class: "plain-button", "aria-label": "Close", onclick: () => dialog.close() }, icon("cross"));
  const dialog = h(
    "dialog",
    { class: "detail", "aria-labelledby": title },
    h("div", { class: "dialog-head" }, h("span", { class: `to to-${found.family}` }, found.service), h("h2", { id: title }, found.purpose), close),
    h(
      "div",
      { class: "detail-body" },
      found.password && h("p", { class: `notice notice-${found.password}` }, icon("key"), SAID[found.password]),
      h("p", { class: "detail-line" }, h("b", {}, found.method), " ", shown(found.path)),
      h("p", { class: "detail-facts" }, `Answered ${found.status}${found.error ? ` (${found.error})` : ""} after ${found.took_ms} ms`),
      part("Sent", found.body) ?? h("p", { class: "hint" }, "Nothing was sent along."),
      part("Answered", found.answer) ?? h("p", { class: "hint" }, "The answer was empty."),
      part("Headers", found.headers),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}
