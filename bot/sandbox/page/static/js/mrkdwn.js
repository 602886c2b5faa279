// Slack's own markup and plain text, as nodes. What an author escaped stays text.

import { format, full } from "./dates.js";
import { code, h } from "./dom.js";
import { emojied } from "./emoji.js";
import { state } from "./store.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const CODE = /(```[\s\S]*?```|`[^`\n]+`)/;
const REFERENCE = /<([^<>\n]+)>/;
// A style sign counts only at the edge of a word, so snake_case and 2*3*4 stay as they are.
const STYLE = /(?<![\w*_~])([*_~])(?=\S)(.+?)(?<=\S)\1(?![\w*_~])/;
const STYLES = { "*": "strong", _: "em", "~": "s" };

function unescaped(text) {
  return text.replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

function lines(text) {
  return unescaped(text)
    .split("\n")
    .flatMap((line, index) => (index ? [h("br"), ...emojied(line)] : emojied(line)));
}

export function mention(id, sign = "@") {
  const mine = h("span", { class: "mention" }, `${sign}${state.names[id] ?? id}`);
  return mine;
}

export function moment(seconds, pattern, fallback) {
  if (!Number.isFinite(seconds)) return fallback;
  const at = new Date(seconds * 1000);
  return h("time", { datetime: at.toISOString(), title: full(seconds) }, format(seconds, pattern));
}

// Links lead out of the sandbox, so they are shown and go nowhere.
export function link(url, label) {
  return h("span", { class: "link", title: url }, label || url);
}

function reference(inner) {
  const [target, ...rest] = inner.split("|");
  const label = rest.join("|");
  if (target.startsWith("@")) return mention(target.slice(1));
  if (target.startsWith("#")) return mention(target.slice(1), "#");
  if (target.startsWith("!subteam^")) return mention(target.slice(9));
  if (target.startsWith("!date^")) {
    const [, seconds, pattern] = target.split("^");
    return moment(Number(seconds), pattern, label);
  }
  if (target.startsWith("!")) return h("span", { class: "mention" }, `@${target.slice(1)}`);
  return link(unescaped(target), unescaped(label));
}

function styled(text) {
  const found = STYLE.exec(text);
  if (!found) return lines(text);
  const before = text.slice(0, found.index);
  const after = text.slice(found.index + found[0].length);
  return [...lines(before), h(STYLES[found[1]], {}, prose(found[2])), ...styled(after)];
}

function prose(text) {
  const found = REFERENCE.exec(text);
  if (!found) return styled(text);
  const after = text.slice(found.index + found[0].length);
  return [...styled(text.slice(0, found.index)), reference(found[1]), ...prose(after)];
}

export function mrkdwn(text) {
  return text.split(CODE).flatMap((part, index) => {
    if (!(index % 2)) return prose(part);
    if (part.startsWith("```")) return [h("pre", { class: "code" }, unescaped(part.slice(3, -3).replace(/^\n|\n$/g, "")))];
    return [code(unescaped(part.slice(1, -1)))];
  });
}

// A text object of Block Kit.
export function textObject(object) {
  if (!object) return [];
  return object.type === "mrkdwn" ? mrkdwn(object.text) : emojied(object.text);
}

// What a screen reader is told of a message: its text without markup.
export function spoken(text) {
  const holder = h("div", {}, mrkdwn(text));
  return holder.textContent;
}
