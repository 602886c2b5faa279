// Fields of a card: label, field and error, tied together. Hints stand in the card as text of its own.

import { h, icon, uid } from "../dom.js";
import { combobox } from "../select.js";

function text(element) {
  const props = { class: "field-input", placeholder: element.placeholder, maxlength: element.maxLength, autocomplete: "off" };
  const control = element.isMultiline ? h("textarea", { ...props, rows: 3 }) : h("input", { ...props, type: "text" });
  control.value = element.value ?? "";
  return { node: control, control, value: () => control.value };
}

function number(element) {
  const control = h("input", { class: "field-input", type: "number", min: element.min, max: element.max, placeholder: element.placeholder });
  control.value = element.value ?? "";
  return { node: control, control, value: () => control.value };
}

function option({ title, value }) {
  return { text: title, value, description: "" };
}

// Several choices are one value with commas, as Teams sends them.
function filtered(element, place) {
  let chosen = String(element.value ?? "").split(",").filter(Boolean);
  const options = (element.choices ?? []).map(option);
  const listed = (typed) => options.filter((one) => one.text.toLowerCase().includes(typed.toLowerCase()));
  // Before anything is typed the card's own list is there; then the bot is asked.
  const search = element["choices.data"] && (async (typed) => (typed.trim() ? place.search(element.id, typed) : listed("")));
  const box = combobox(
    { type: element.isMultiSelect ? "multi_static_select" : "static_select", placeholder: { text: element.placeholder ?? "" }, options, min_query_length: 0 },
    { search, choose: (picked) => (chosen = picked.map((one) => one.value)), clearable: !element.isRequired },
  );
  box.show(options.filter((one) => chosen.includes(one.value)));
  return { node: box.node, control: box.input, value: () => chosen.join(",") };
}

function choices(element, place) {
  if (element.style === "filtered") return filtered(element, place);
  const control = h(
    "select",
    { class: "field-input" },
    h("option", { value: "" }, element.placeholder ?? ""),
    (element.choices ?? []).map((one) => h("option", { value: one.value }, one.title)),
  );
  control.value = element.value ?? "";
  return { node: control, control, value: () => control.value };
}

function toggle(element) {
  const control = h("input", { type: "checkbox" });
  control.checked = String(element.value) === String(element.valueOn ?? "true");
  const node = h("label", { class: "choice" }, control, h("span", {}, element.title));
  return { node, control, value: () => (control.checked ? (element.valueOn ?? "true") : (element.valueOff ?? "false")) };
}

const FIELDS = { "Input.Text": text, "Input.Number": number, "Input.ChoiceSet": choices, "Input.Toggle": toggle };

// `place.fields` collects what a button sends along.
export function input(element, place) {
  const make = FIELDS[element.type];
  if (!make) return h("p", { class: "unknown" }, `This page cannot draw an ${element.type}.`);
  const field = make(element, place);
  field.control.id = uid("field");
  const error = h("p", { class: "field-error", id: uid("error"), hidden: true });
  const label = element.label && h("label", { class: element.isRequired ? "label required" : "label", for: field.control.id }, element.label);
  if (element.isRequired) field.control.setAttribute("aria-required", "true");
  const fail = (words) => {
    error.hidden = !words;
    error.replaceChildren(...(words ? [icon("warn"), words] : []));
    if (words) field.control.setAttribute("aria-invalid", "true");
    else field.control.removeAttribute("aria-invalid");
    if (words) field.control.setAttribute("aria-describedby", error.id);
    else field.control.removeAttribute("aria-describedby");
  };
  field.control.addEventListener("input", () => fail(null));
  place.fields.set(element.id, { ...field, fail });
  return h("div", { class: "input-block" }, label, field.node, error);
}
