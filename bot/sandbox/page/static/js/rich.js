// Rich text blocks: words in them are never markup.

import { code, h } from "./dom.js";
import { emojied } from "./emoji.js";
import { link, mention, moment } from "./mrkdwn.js";

const STYLES = [
  ["code", "code"],
  ["bold", "strong"],
  ["italic", "em"],
  ["strike", "s"],
];

function styled(node, style = {}) {
  return STYLES.reduce((inner, [name, tag]) => (style[name] ? h(tag, {}, inner) : inner), node);
}

function words(text) {
  return text.split("\n").flatMap((line, index) => (index ? [h("br"), ...emojied(line)] : emojied(line)));
}

function spanned(one) {
  return styled(one.style ? h("span", {}, words(one.text)) : words(one.text), one.style);
}

const INLINE = {
  text: (one) => (one.style?.code ? styled(code(one.text), { ...one.style, code: false }) : spanned(one)),
  link: (one) => styled(link(one.url, one.text), one.style),
  user: (one) => mention(one.user_id),
  usergroup: (one) => mention(one.usergroup_id),
  channel: (one) => mention(one.channel_id, "#"),
  broadcast: (one) => h("span", { class: "mention" }, `@${one.range}`),
  date: (one) => moment(one.timestamp, one.format, one.fallback),
  emoji: (one) => (one.unicode ? String.fromCodePoint(...one.unicode.split("-").map((part) => parseInt(part, 16))) : `:${one.name}:`),
  color: (one) => h("code", {}, one.value),
};

function inline(elements) {
  return elements.map((one) => INLINE[one.type]?.(one) ?? one.text ?? "");
}

function raw(elements) {
  return elements.map((one) => one.text ?? one.url ?? "").join("");
}

const BLOCK = {
  rich_text_section: (one) => h("p", {}, inline(one.elements)),
  rich_text_quote: (one) => h("blockquote", {}, inline(one.elements)),
  rich_text_preformatted: (one) => h("pre", { class: "code", tabindex: 0, role: "group", "aria-label": "Lines to copy" }, raw(one.elements)),
  rich_text_list: (one) =>
    h(one.style === "ordered" ? "ol" : "ul", { class: "points" }, one.elements.map((item) => h("li", {}, inline(item.elements)))),
};

export function richText(block) {
  return h("div", { class: "rich" }, block.elements.map((one) => BLOCK[one.type]?.(one) ?? h("p", {}, raw(one.elements ?? []))));
}
