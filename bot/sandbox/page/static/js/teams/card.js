// Adaptive Cards, as far as the bot uses them, drawn by hand: text is always text. Microsoft's own
// renderer would be 260 kB more, knows no typeahead, and leaves fields without names for screen readers.

import { h, icon, uid } from "../dom.js";
import { emojied } from "../emoji.js";
import { input } from "./inputs.js";
import { markdown } from "./markdown.js";

const word = (value) => String(value ?? "default").toLowerCase();

function look(element, kind) {
  const parts = ["size", "weight", "color", "spacing", "fontType"].filter((name) => element[name]);
  const names = parts.map((name) => `ac-${name.toLowerCase()}-${word(element[name])}`);
  return [`ac-${kind}`, ...names, element.isSubtle ? "ac-subtle" : null].filter(Boolean).join(" ");
}

function alerting(element) {
  const runs = element.inlines ?? [element];
  return runs.some((run) => word(run.color) === "attention");
}

function textBlock(element) {
  const tag = word(element.size) === "medium" && word(element.weight) === "bolder" ? "h3" : "p";
  return h(tag, { class: look(element, "text") }, markdown(element.text));
}

function richText(element) {
  const runs = element.inlines.map((run) => (typeof run === "string" ? run : h(word(run.weight) === "bolder" ? "strong" : "span", { class: look(run, "run") }, emojied(run.text))));
  return alerting(element)
    ? h("p", { class: "ac-attention", role: "alert" }, icon("warn"), h("span", {}, runs))
    : h("p", { class: look(element, "text") }, runs);
}

function container(element, place) {
  return h("div", { class: `ac-container ac-${word(element.style)}` }, items(element.items, place));
}

function columns(element, place) {
  return h("div", { class: "ac-columns" }, (element.columns ?? []).map((one) => h("div", { class: `ac-column ac-width-${word(one.width)}` }, items(one.items, place))));
}

function facts(element) {
  return h("dl", { class: "ac-facts" }, element.facts.map((one) => [h("dt", {}, one.title), h("dd", {}, one.value)]));
}

const ELEMENTS = {
  TextBlock: textBlock,
  RichTextBlock: richText,
  Container: container,
  ColumnSet: columns,
  FactSet: facts,
  ActionSet: (element, place) => actions(element.actions, place),
};

function item(element, place) {
  if (element.isVisible === false) return null;
  if (element.type.startsWith("Input.")) return input(element, place);
  const draw = ELEMENTS[element.type];
  return draw ? draw(element, place) : h("p", { class: "unknown" }, `This page cannot draw a ${element.type}.`);
}

function items(elements, place) {
  return (elements ?? []).map((one) => item(one, place));
}

const STYLES = { positive: " button-primary", destructive: " button-danger" };

function button(action, place) {
  const style = STYLES[word(action.style)] ?? "";
  const node = h("button", { type: "button", class: `button${style}`, "data-act": action.title, "data-value": action.press }, action.title);
  node.addEventListener("click", async () => {
    if (node.getAttribute("aria-busy") === "true") return;
    node.setAttribute("aria-busy", "true");
    await place.press(action.press, action.associatedInputs === "none" ? new Map() : new Map([...(place.outer ?? []), ...place.fields]));
    node.removeAttribute("aria-busy");
  });
  return node;
}

// A card behind a button: it opens below, and its fields are sent with its own buttons.
function behind(action, place) {
  const inner = { ...place, fields: new Map(), outer: place.fields };
  const panel = h("div", { class: "ac-inner", id: uid("card"), hidden: true }, items(action.card.body, inner), actions(action.card.actions, inner));
  place.inner?.(inner.fields);
  const node = h("button", { type: "button", class: "button", "aria-expanded": "false", "aria-controls": panel.id, "data-act": action.title }, action.title);
  node.addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    node.setAttribute("aria-expanded", String(!panel.hidden));
    if (!panel.hidden) panel.querySelector("input, textarea, select, button")?.focus();
  });
  return [node, panel];
}

function actions(list, place) {
  if (!list?.length) return null;
  const made = list.map((one) => (one.type === "Action.ShowCard" ? behind(one, place) : [drawn(one, place), null]));
  return [h("div", { class: "actions" }, made.map(([node]) => node)), made.map(([, panel]) => panel)];
}

function drawn(action, place) {
  if (action.press !== undefined) return button(action, place);
  return h("span", { class: "unknown" }, `This page cannot draw an ${action.type}.`);
}

// `place` presses (`press(number, fields)`) and searches (`search(field, text)`); returns the card and
// what says what is wrong with its fields.
export function card(shown, place) {
  const every = [new Map()];
  const own = { ...place, fields: every[0], inner: (fields) => every.push(fields) };
  const node = h("div", { class: "ac-card" }, items(shown.body, own), actions(shown.actions, own));
  const fail = (errors) => {
    for (const fields of every) for (const [id, field] of fields) field.fail(errors[id] ?? null);
    node.querySelector('[aria-invalid="true"]')?.focus();
  };
  return { node, fail };
}

export function typed(fields) {
  return Object.fromEntries([...fields].map(([id, field]) => [id, String(field.value())]));
}
