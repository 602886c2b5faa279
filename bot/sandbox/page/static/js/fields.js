// Input blocks: label, field, hint and error, tied together for everybody who cannot see them together.

import { h, icon, uid } from "./dom.js";
import { textObject } from "./mrkdwn.js";
import { combobox } from "./select.js";

const SETTLES_MS = 180;

// A text field. What is being typed is never overwritten by what comes back.
function written(element, place) {
  const multiline = element.multiline === true;
  const props = { class: "field-input", placeholder: element.placeholder?.text, autocomplete: "off" };
  if (element.type === "number_input") Object.assign(props, { inputmode: element.is_decimal_allowed ? "decimal" : "numeric" });
  const input = multiline ? h("textarea", { ...props, rows: 3 }) : h("input", { ...props, type: "text" });
  let waiting = null;
  let onItsWay = 0;
  const send = async (enter = false) => {
    clearTimeout(waiting);
    waiting = null;
    onItsWay += 1;
    await place.type(input.value, enter);
    onItsWay -= 1;
  };
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(send, SETTLES_MS);
    place.edited();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (multiline && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    if (place.dispatches) send(true);
    else place.submit();
  });
  return {
    node: input,
    control: input,
    flush: () => (waiting === null ? null : send()),
    show(entry) {
      const value = entry?.value ?? "";
      if (waiting === null && !onItsWay && input.value !== value) input.value = value;
    },
  };
}

function menu(element, place) {
  const box = combobox(element, {
    choose: (options) => {
      place.edited();
      return place.choose(options.map((one) => one.value));
    },
    search: element.type.endsWith("external_select") ? place.search : null,
    clearable: place.optional,
  });
  return { node: box.node, control: box.input, flush: () => null, show: (entry) => box.show(chosenOf(entry)) };
}

function chosenOf(entry) {
  return entry?.selected_options ?? (entry?.selected_option ? [entry.selected_option] : []);
}

// Radio buttons and check boxes, wherever they stand; `choose(values)` is told of each change.
export function choices(element, place) {
  const several = element.type === "checkboxes";
  const name = uid("choice");
  const boxes = element.options.map((option) => {
    const input = h("input", { type: several ? "checkbox" : "radio", name, value: option.value });
    input.addEventListener("change", () => {
      place.edited?.();
      place.choose(boxes.filter(([one]) => one.checked).map(([one]) => one.value));
    });
    const about = option.description && h("span", { class: "choice-about" }, textObject(option.description));
    return [input, h("label", { class: "choice" }, input, h("span", {}, textObject(option.text), about))];
  });
  return {
    node: h("div", { class: "choices", role: several ? "group" : "radiogroup" }, boxes.map(([, label]) => label)),
    control: null,
    flush: () => null,
    show(entry) {
      const values = new Set(chosenOf(entry).map((one) => one.value));
      boxes.forEach(([input]) => (input.checked = values.has(input.value)));
    },
  };
}

const FIELDS = {
  plain_text_input: written,
  number_input: written,
  email_text_input: written,
  url_text_input: written,
  static_select: menu,
  external_select: menu,
  multi_static_select: menu,
  multi_external_select: menu,
  radio_buttons: choices,
  checkboxes: choices,
};

function unknown(element) {
  const node = h("p", { class: "unknown" }, `This page cannot draw a ${element.type}.`);
  return { node, control: null, flush: () => null, show: () => {} };
}

// `place` is the window; it is told of each field, to flush and to fill it.
export function inputBlock(block, place) {
  const element = block.element;
  const own = place.field(block);
  const field = (FIELDS[element.type] ?? unknown)(element, own);
  const control = field.control ?? field.node;
  control.id = uid("field");
  const hint = block.hint && h("p", { class: "hint", id: uid("hint") }, textObject(block.hint));
  const error = h("p", { class: "field-error", id: uid("error"), hidden: true });
  const label = h(
    field.control ? "label" : "span",
    { class: block.optional ? "label" : "label required", id: uid("label"), for: field.control && control.id },
    textObject(block.label),
    block.optional && h("span", { class: "optional" }, " (optional)"),
  );
  if (!block.optional) control.setAttribute(field.control ? "aria-required" : "data-required", "true");
  control.setAttribute("aria-labelledby", label.id);
  describe(control, [hint]);
  own.register({
    ...field,
    control,
    fail(text) {
      error.hidden = !text;
      error.replaceChildren(...(text ? [icon("warn"), text] : []));
      if (text) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
      describe(control, [text && error, hint]);
    },
  });
  return h("div", { class: "input-block" }, label, field.node, error, hint);
}

function describe(control, nodes) {
  const ids = nodes.filter(Boolean).map((node) => node.id);
  if (ids.length) control.setAttribute("aria-describedby", ids.join(" "));
  else control.removeAttribute("aria-describedby");
}
